// The page's own script: what needs no server. Builds no markup from text; uses textContent and attributes only.
"use strict";
(() => {
  const vi = () => document.documentElement.lang === "vi";

  function say(button, text) {
    const before = button.textContent;
    button.textContent = text;
    setTimeout(() => { button.textContent = before; }, 1600);
  }

  // The answer as text: chips become [n] again.
  function answerText(turn) {
    const copy = turn.querySelector(".h-text").cloneNode(true);
    copy.querySelectorAll(".h-chip").forEach((chip) => { chip.textContent = `[${chip.dataset.n}]`; });
    return copy.textContent.trim();
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch (refused) { // not a secure context
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  function calm() { return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth"; }

  function reveal(card) {
    const mark = card.querySelector("mark") || card;
    document.querySelectorAll(".h-card.h-shown").forEach((other) => other.classList.remove("h-shown"));
    card.classList.add("h-shown");
    card.focus({preventScroll: true});
    mark.scrollIntoView({block: "center", behavior: calm()});
  }

  // The log is drawn anew when an answer is rated: what was open in it, and where the keyboard stood, stay as they
  // were. A click is noted before the browser acts on it, since the drawing may come between.
  const opened = new Set();
  let stood = "";

  function keep(log) {
    log.querySelectorAll(".h-turn[data-turn] details.h-details").forEach((details) => {
      details.open = opened.has(details.closest(".h-turn").dataset.turn);
    });
    offer(log);
    const again = stood && document.activeElement === document.body && log.querySelector(stood);
    if (again) again.focus({preventScroll: true});
  }

  // What to ask next comes some time after an answer, when the page may show another conversation or a newer question
  // already: it is put under the turn it was made for, if that is the last one shown.
  function offer(log) {
    const offered = document.querySelector("#h-offered .h-followups");
    const last = log.lastElementChild;
    if (!offered || !last || last.dataset.turn !== offered.dataset.turn || last.querySelector(".h-followups")) return;
    last.querySelector(".h-answer").append(offered.cloneNode(true));
  }

  document.addEventListener("click", (event) => {
    const summary = event.target.closest(".h-turn[data-turn] .h-details > summary");
    if (!summary) return;
    const turn = summary.closest(".h-turn").dataset.turn;
    if (summary.parentElement.open) opened.delete(turn); else opened.add(turn);
  }, true);

  document.addEventListener("focusin", (event) => {
    const turn = event.target.closest(".h-turn[data-turn]");
    if (!turn) { stood = ""; return; }
    const within = `.h-turn[data-turn="${CSS.escape(turn.dataset.turn)}"] `;
    const {do: name, n, good} = event.target.dataset;
    if (event.target.matches("summary")) stood = within + ".h-details > summary";
    else if (name) stood = within + `[data-do="${CSS.escape(name)}"]` + (n ? `[data-n="${CSS.escape(n)}"]` : "") + (good ? `[data-good="${CSS.escape(good)}"]` : "");
    else stood = "";
  });

  let returnTo = null;

  function closeViewer(veil) {
    veil.hidden = true;
    if (returnTo) returnTo.focus();
    returnTo = null;
  }

  const local = {
    copy(button) {
      copy(answerText(button.closest(".h-turn")));
      say(button, button.dataset.copied);
    },
    close(button, event) {
      const veil = button.closest(".h-veil");
      if (button === veil && event.target !== veil) return; // a click inside the dialog
      closeViewer(veil);
    },
    documents() { document.querySelectorAll("#h-tabs [role=tab]")[1].click(); },
    back(button) {
      const turn = document.querySelector(`.h-turn[data-turn="${CSS.escape(button.dataset.turn)}"]`);
      if (!turn) return;
      turn.scrollIntoView({block: "start", behavior: calm()});
      const chip = turn.querySelector(".h-chip");
      if (chip) chip.focus({preventScroll: true});
    },
    theme() {
      const dark = !document.body.classList.contains("dark");
      document.body.classList.toggle("dark", dark);
      localStorage.setItem("hoidap_theme", dark ? "dark" : "light");
    },
    language() {
      const next = vi() ? "en" : "vi";
      document.cookie = `hoidap_lang=${next}; path=/; max-age=31536000; samesite=lax`;
      location.reload();
    },
  };

  window.hoidap = {
    // Returns the data of a click for the server, or nothing when it was handled here.
    clicked(target, event) {
      const name = target.dataset.do;
      if (local[name]) { local[name](target, event); return null; }
      const data = {...target.dataset};
      delete data.do;
      if (data.sure && !confirm(data.sure)) return null;
      if (name === "cite") {
        const card = document.getElementById(`card-${data.turn}-${data.n}`);
        if (card) { reveal(card); return null; } // this answer's sources are on the page already
      }
      if (name === "open" || name === "view") returnTo = target;
      if (name === "comment") data.text = target.parentElement.querySelector("textarea").value;
      if (name === "accept") {
        const [question, answer] = target.closest(".h-draft").querySelectorAll("textarea");
        data.question = question.value;
        data.answer = answer ? answer.value : "";
      }
      return data;
    },
    // Called after the server has changed a view.
    shown(element) {
      if (element.closest("#h-offered")) {
        const shown = document.querySelector("#h-chat .h-log");
        if (shown) offer(shown);
        return;
      }
      const log = element.querySelector(".h-log");
      if (log) {
        keep(log);
        const scroller = element.closest("#h-chat") || element;
        const last = log.lastElementChild;
        const live = last && last.querySelector(".h-live");
        const turns = log.childElementCount;
        if (!scroller.dataset.watched) { // whoever scrolls up while an answer is written is left in peace
          scroller.dataset.watched = "1";
          const away = (event) => { if (!("deltaY" in event) || event.deltaY < 0) window.hoidap.away = true; };
          scroller.addEventListener("wheel", away, {passive: true});
          scroller.addEventListener("touchmove", away, {passive: true});
        }
        if (turns !== Number(scroller.dataset.turns || 0)) window.hoidap.away = false;
        // To what is new: an answer being written, the end of one, or a conversation just opened. What is taller
        // than the view is shown from its beginning.
        if (last && !window.hoidap.away && (live || window.hoidap.follow || turns !== Number(scroller.dataset.turns || 0))) {
          const room = Math.min(scroller.clientHeight, innerHeight) - 104;
          last.scrollIntoView({block: !live && last.offsetHeight > room ? "start" : "nearest"});
          if (live) scroller.scrollTop = scroller.scrollHeight;
        }
        scroller.dataset.turns = turns;
        window.hoidap.follow = Boolean(live);
      }
      const sources = element.querySelector(".h-sources");
      if (sources) {
        if (sources.dataset.focus) {
          const card = document.getElementById(`card-${sources.dataset.turn}-${sources.dataset.focus}`);
          if (card) reveal(card);
        } else if (sources.dataset.hit) {
          const other = sources.querySelector(`[data-rank="${sources.dataset.hit}"]`);
          if (other) { other.open = true; reveal(other); }
        }
      }
      const veil = element.querySelector(".h-veil");
      if (veil && veil.dataset.stamp !== veil.dataset.opened) {
        veil.hidden = false;
        veil.dataset.opened = veil.dataset.stamp;
        const mark = veil.querySelector("mark");
        if (mark) mark.scrollIntoView({block: "center"});
        veil.querySelector(".h-close").focus({preventScroll: true});
      }
    },
    save(packed) {
      const file = JSON.parse(packed);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([file.text], {type: file.type}));
      link.download = file.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    },
  };

  // Gradio's sign-in form speaks English only, and has no title, heading or landmark of its own.
  const SIGN_IN = {
    "Login": ["Đăng nhập", "Sign in"],
    "username": ["Tên đăng nhập", "User name"],
    "password": ["Mật khẩu", "Password"],
    "Incorrect Credentials": ["Sai tên đăng nhập hoặc mật khẩu.", "Wrong user name or password."],
  };

  // What Gradio says in the corner of the page when something goes wrong.
  const SAID = {
    "Error": ["Lỗi", "Error"],
    "Connection to the server was lost. Attempting reconnection...": [
      "Mất kết nối với máy chủ. Đang thử nối lại…", "Connection to the server was lost. Trying again…"],
  };

  function translate(where, words) {
    const texts = document.createTreeWalker(where, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const said = words[texts.currentNode.data.trim()];
      if (said && texts.currentNode.data !== said[vi() ? 0 : 1]) texts.currentNode.data = said[vi() ? 0 : 1];
    }
  }

  function signIn() {
    const password = document.querySelector("input[type=password]");
    const panel = password && password.closest(".panel");
    if (!panel || !panel.querySelector("h2") || document.querySelector("#h-tabs")) return;
    document.body.classList.add("h-sign-in");
    if (!document.title.includes("·")) document.title = vi() ? "Đăng nhập · Hỏi đáp tài liệu" : "Sign in · Ask your documents";
    if (!panel.hasAttribute("role")) {
      panel.setAttribute("role", "main");
      const title = panel.querySelector("h2");
      title.setAttribute("role", "heading");
      title.setAttribute("aria-level", "1");
      panel.querySelector("input").setAttribute("autocomplete", "username");
      panel.querySelector("input").focus();
    }
    if (password.autocomplete !== "current-password") password.setAttribute("autocomplete", "current-password");
    translate(panel, SIGN_IN);
  }

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(() => {
      signIn();
      document.querySelectorAll(".toast-wrap").forEach((toast) => translate(toast, SAID));
    }).observe(document.body, {childList: true, subtree: true});
  });

  document.addEventListener("keydown", (event) => {
    const veil = [...document.querySelectorAll(".h-veil")].find((one) => !one.hidden);
    if (!veil) return;
    if (event.key === "Escape") closeViewer(veil);
    if (event.key === "Tab") { // keep the focus inside the dialog
      const stops = [...veil.querySelectorAll("button, [tabindex]")];
      const here = stops.indexOf(document.activeElement);
      const next = event.shiftKey ? here - 1 : here + 1;
      event.preventDefault();
      stops[(next + stops.length) % stops.length].focus();
    }
  });
})();
