// Package wecom is what the ways into and out of WeCom (企业微信) share: the
// crypto of callbacks ([Crypt]), the handler that takes them in ([Callback]),
// the calls of its API ([Client], [Post]), what its errors mean and what an
// operator does about them ([Error]), and its limits ([Pace]).
//
// The ways themselves are in folders below: kf (微信客服) for merchants, aibot
// (智能机器人) and app (自建应用) for colleagues, webhook (消息推送) for groups.
// wecomtest is WeCom as tests see it.
//
// WeCom carries its secrets in query strings and the words of merchants in its
// error messages, so no error of this package repeats either: it names the
// method, WeCom's code, and what to do.
package wecom
