// Package index finds the entries of a knowledge base that fit a message.
//
// A message goes three ways, and [Index.Match] fuses what comes back:
//
//   - bleve ranks entries by BM25 over Han characters, pairs of them and
//     stemmed Latin words: sound where only a word or two is shared;
//   - a softmax model over n-grams, trained on every phrasing, says how probable
//     each entry is against all others, against the routes (a wish for a person,
//     thanks) and against questions that are none of our business;
//   - the cosine to the nearest phrasing says how well known such a message is.
//
// The last two are one walk over the same inverted lists, see [Model]. Rank and
// confidence are two things: hits are ordered by the sum of the three, each
// relative to its best, and such a sum is high for the best of ten bad hits as
// well. [Match.Confidence] is made of probability and cosine alone.
//
// What the engines see is always kb/text's normal form, cut up in analyse.go.
// Sounds (pinyin.go) are features of the model, so that a homophone or a typed
// "shuaka" finds 刷卡.
//
// Training takes about a second. Its result is embedded as weights.bin, with
// bleve's index, and used while the knowledge base is the one that it was made
// from, so that a start reads no phrasing and takes 10 ms. Everything here is
// deterministic: the same knowledge base and message give the same answer in
// every process, trained or loaded.
//
// [Live] is the index in service, replaced while searches run. [Banking77]
// measures the same engine on a public data set.
package index
