// Runs before anything else: the language and the colours the visitor chose hold from the first paint.
"use strict";
(() => {
  const cookie = document.cookie.match(/(?:^|; )hoidap_lang=(vi|en)/);
  const ranked = [...(navigator.languages || [navigator.language || "vi"])].map((tag) => tag.slice(0, 2).toLowerCase());
  const chosen = cookie ? cookie[1] : ranked.find((tag) => tag === "vi" || tag === "en") || "en";
  document.documentElement.lang = chosen;
  // Gradio knows no Vietnamese and would fall back to English: its English is given our words in the chosen language.
  Object.defineProperty(navigator, "language", {get: () => "en", configurable: true});
  let config;
  Object.defineProperty(window, "gradio_config", {
    configurable: true,
    get: () => config,
    set: (given) => {
      const words = given && given.i18n_translations;
      if (words && words[chosen]) words.en = words[chosen];
      config = given;
    },
  });
  const theme = localStorage.getItem("hoidap_theme");
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const apply = () => {
    document.body.classList.toggle("dark", dark);
    document.documentElement.lang = chosen;
  };
  document.addEventListener("DOMContentLoaded", apply);
  // Gradio sets the class from the system's preference when it starts; the visitor's choice comes last.
  window.addEventListener("load", () => { apply(); setTimeout(apply, 0); });
  const watch = new MutationObserver(() => {
    const wanted = (localStorage.getItem("hoidap_theme") || (dark ? "dark" : "light")) === "dark";
    if (document.body.classList.contains("dark") !== wanted) document.body.classList.toggle("dark", wanted);
    if (document.documentElement.lang !== chosen) document.documentElement.lang = chosen;
  });
  document.addEventListener("DOMContentLoaded", () => {
    watch.observe(document.body, {attributes: true, attributeFilter: ["class"]});
    watch.observe(document.documentElement, {attributes: true, attributeFilter: ["lang"]});
  });
})();
