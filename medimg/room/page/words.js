// Texts in the reader's language.

let texts = {}, language = "en";

export function learn(all, preferred) {
  texts = all;
  const kept = localStorage.getItem("language");
  speak(kept && texts[kept] ? kept : preferred);
}

export function speak(wanted) {
  language = wanted;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
}

export function turn() {
  speak(language === "en" ? "zh" : "en");
  localStorage.setItem("language", language);
}

// The text of a key; {name} is filled in.
export function say(key, values = {}) {
  return ((texts[language] || {})[key] || key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export function element(tag, text = "", values = {}) {
  const made = Object.assign(document.createElement(tag), values);
  if (text) made.textContent = text;
  return made;
}
