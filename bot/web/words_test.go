package web

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decline61/kb"
)

func TestWords(t *testing.T) {
	zh, en := words[kb.ZH], words[kb.EN]
	if d := cmp.Diff(slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en))); d != "" {
		t.Errorf("zh.json and en.json have other keys: %s", d)
	}
	var source strings.Builder
	source.Write(read("templates/page.html"))
	used := regexp.MustCompile(`\.T\.(\w+)`).FindAllStringSubmatch(source.String(), -1)
	for _, u := range used {
		if zh[u[1]] == "" {
			t.Errorf("the page uses %s, which is not there", u[1])
		}
	}
	for key := range zh {
		if strings.TrimSpace(zh[key]) == "" || strings.TrimSpace(en[key]) == "" {
			t.Errorf("%s is empty", key)
		}
	}
}

// TestStyle holds the style sheet to what can be told without a browser: nothing
// is wider than the smallest screen, nothing comes from elsewhere, and text can
// be read in both colour schemes (WCAG AA).
func TestStyle(t *testing.T) {
	css := string(read("static/page.css"))
	for _, bad := range []string{"url(", "@import", "http:", "https:", "nowrap", "100vw"} {
		if strings.Contains(css, bad) {
			t.Errorf("the style sheet has %s", bad)
		}
	}
	for _, need := range []string{"overflow-wrap: anywhere", "white-space: pre-wrap", "box-sizing: border-box", "min-height: 44px", "font: 16px", "prefers-color-scheme: dark"} {
		if !strings.Contains(css, need) {
			t.Errorf("the style sheet lacks %s", need)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)[^-](?:min-)?width:\s*([0-9.]+)(px|rem|em)`).FindAllStringSubmatch(css, -1) {
		n, _ := strconv.ParseFloat(m[1], 64)
		if m[2] != "px" {
			n *= 16
		}
		if n > 296 { // 320 less the padding
			t.Errorf("%s does not fit on 320 px", m[0])
		}
	}

	schemes := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(css, -1)
	if len(schemes) != 2 {
		t.Fatalf("%d colour schemes", len(schemes))
	}
	for i, s := range schemes {
		colour := map[string]string{}
		for _, m := range regexp.MustCompile(`--([\w-]+): (#[0-9a-f]{6})`).FindAllStringSubmatch(s[1], -1) {
			colour[m[1]] = m[2]
		}
		for _, p := range []struct {
			text, on string
			least    float64
		}{
			{"text", "page", 4.5}, {"text", "bot", 4.5}, {"text", "merchant", 4.5}, {"text", "agent", 4.5},
			{"quiet", "page", 4.5}, {"error", "page", 4.5}, {"button", "page", 4.5}, {"on-button", "button", 4.5},
			{"edge", "page", 3}, {"edge", "bot", 3},
		} {
			if c := contrast(t, colour[p.text], colour[p.on]); c < p.least {
				t.Errorf("scheme %d: %s on %s has contrast %.2f", i, p.text, p.on, c)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(c string) float64 {
		if len(c) != 7 {
			t.Fatalf("colour %q", c)
		}
		sum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(c[1+2*i:3+2*i], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			v := float64(n) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		return sum
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestScriptIsSmall(t *testing.T) {
	js := string(read("static/chat.js"))
	if len(js) > 2048 {
		t.Errorf("%d bytes", len(js))
	}
	for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "=>", "`"} {
		if strings.Contains(js, bad) {
			t.Errorf("the script has %s: unsafe, or unknown to old browsers", bad)
		}
	}
}
