package web

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"

	"golang.org/x/text/language"

	"decline61/kb"
)

//go:embed templates static locales
var files embed.FS

// words are the page's own sentences, by language.
var words = map[kb.Lang]map[string]string{
	kb.ZH: readWords("zh"),
	kb.EN: readWords("en"),
}

func readWords(lang string) map[string]string {
	w := map[string]string{}
	if err := json.Unmarshal(read("locales/"+lang+".json"), &w); err != nil {
		panic(fmt.Sprintf("locales/%s.json: %v", lang, err)) // embedded, so tested
	}
	return w
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return b
}

// A word that is missing is an error, so that a test finds it.
var pages = template.Must(template.New("").Option("missingkey=error").
	Funcs(template.FuncMap{"static": func(name string) string { return "/static/" + name + "?v=" + static[name].version }}).
	ParseFS(files, "templates/*.html"))

var accepted = language.NewMatcher([]language.Tag{language.Chinese, language.English})

// languageOf is the page's language: the one chosen by the switch, else the
// browser's. Only a chosen one also becomes the language of replies: a merchant
// whose phone is set to English still writes Chinese.
func languageOf(r *http.Request) (lang kb.Lang, chosen bool) {
	// Not r.FormValue, which would read whatever body a request has.
	switch l := kb.Lang(cmp.Or(r.PostForm.Get("lang"), r.URL.Query().Get("lang"))); l {
	case kb.ZH, kb.EN:
		return l, true
	}
	if _, i := language.MatchStrings(accepted, r.Header.Get("Accept-Language")); i == 1 {
		return kb.EN, false
	}
	return kb.ZH, false
}

// asset is a file that pages load.
type asset struct {
	body          []byte
	kind, version string
}

var static = map[string]asset{
	"page.css": newAsset("static/page.css", "text/css; charset=utf-8"),
	"chat.js":  newAsset("static/chat.js", "text/javascript; charset=utf-8"),
}

func newAsset(name, kind string) asset {
	b := read(name)
	sum := sha256.Sum256(b)
	return asset{b, kind, hex.EncodeToString(sum[:6])}
}

// getStatic serves an asset. Its URL changes with its content, so it may be kept.
func getStatic(w http.ResponseWriter, r *http.Request) {
	a, ok := static[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(a.body)
}
