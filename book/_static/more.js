// Says of what scrolls sideways that there is more to see on its right. A style sheet shows it.
const WIDE = ".bd-article .cell_output > .output";

function mark({ target }) {
  const hidden = target.scrollWidth - target.clientWidth - target.scrollLeft;
  target.toggleAttribute("data-more", hidden > 8 && getComputedStyle(target).overflowX === "auto");
}

addEventListener("load", () => {
  const sizes = new ResizeObserver((entries) => entries.forEach(mark));
  for (const wide of document.querySelectorAll(WIDE)) {
    sizes.observe(wide);
    wide.addEventListener("scroll", mark, { passive: true });
  }
});
