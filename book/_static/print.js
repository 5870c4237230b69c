// Paper is white: a page in the dark theme is printed in the light one.
const paper = matchMedia("print");
const root = document.documentElement;
let onScreen = root.dataset.theme;

paper.addEventListener("change", () => {
  if (paper.matches) {
    onScreen = root.dataset.theme;
    root.dataset.theme = "light";
  } else {
    root.dataset.theme = onScreen;
  }
});
