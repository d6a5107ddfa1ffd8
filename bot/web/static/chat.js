// Shows what is said while the page is open. The page works without it.
(function () {
  "use strict";
  var log = document.getElementById("log");
  if (!log || !log.dataset.events || !window.EventSource) return;
  var shown = {};
  new EventSource(log.dataset.events).onmessage = function (e) {
    if (shown[e.lastEventId]) return;
    shown[e.lastEventId] = true;
    var said = JSON.parse(e.data);
    // Buttons and notes were about what came before.
    document.querySelectorAll(".now").forEach(function (n) { n.remove(); });
    var line = document.createElement("div");
    line.className = "line " + said.role;
    var who = document.createElement("span");
    who.className = "who";
    who.textContent = log.dataset[said.role] || "";
    var text = document.createElement("p");
    text.textContent = said.text;
    line.append(who, text);
    var atEnd = window.innerHeight + window.scrollY > document.body.offsetHeight - 80;
    log.append(line);
    if (atEnd) line.scrollIntoView({ block: "nearest" });
  };
})();
