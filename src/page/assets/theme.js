/* SPDX-License-Identifier: MIT */
/* Elements, colours, light and dark. */

/* An element with properties, attributes (class, data-..., aria-...) and children; texts become text nodes. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && !name.includes("-")) made[name] = value;
    else made.setAttribute(name === "className" ? "class" : name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function button(label, title, action) {
  return element("button", { type: "button", title, onclick: action, "aria-label": title }, label);
}

/* Okabe and Ito's colours, which can be told apart with any colour vision; on a dark ground lighter ones. */
const palettes = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07500", "#3a9bd1", "#000000"],
  dark: ["#56b4e9", "#ff8c42", "#18c394", "#e39cc4", "#e6b400", "#9ad1f2", "#ffffff"],
};

const theme = {
  listeners: [],
  isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  },
  toggle() {
    document.documentElement.dataset.theme = this.isDark() ? "light" : "dark";
    this.tell();
  },
  tell() {
    this.listeners.forEach((listener) => listener());
  },
  /* A custom property of page.css. */
  ink(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  },
  /* The colour of the rank-th of `count` values; more than the palette has go along viridis. */
  color(rank, count) {
    const colors = palettes[this.isDark() ? "dark" : "light"];
    if (count <= colors.length) return colors[rank];
    const [red, green, blue] = viridis(0.15 + 0.75 * rank / (count - 1));
    return `rgb(${red}, ${green}, ${blue})`;
  },
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme.tell());

/* Viridis (van der Walt and Smith, 2015) between nine of its colours, t from 0 to 1: [red, green, blue] to 255. */
const viridisColors = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129],
  [92, 200, 99], [170, 220, 50], [253, 231, 37]];
function viridis(t) {
  const at = Math.min(Math.max(t, 0), 1) * (viridisColors.length - 1), low = Math.min(Math.floor(at), 7);
  return viridisColors[low].map((value, i) => Math.round(value + (at - low) * (viridisColors[low + 1][i] - value)));
}
