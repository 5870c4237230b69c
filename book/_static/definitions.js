// Shows the definition of a term beside its link: under the pointer, with the focus of the keyboard,
// or after a tap. A second tap follows the link. Escape closes a definition.
let shown = null; // the link whose definition is open
let pending;
let follows = true; // whether a click on a link leads to the glossary

const definition = (link) => document.getElementById(link.getAttribute("aria-describedby"));

function show(link) {
  clearTimeout(pending);
  if (shown === link) return;
  hide();
  const box = definition(link);
  box.showPopover();
  shown = link;
  const line = link.getClientRects()[0]; // a term may be broken across two lines
  const { width, height } = box.getBoundingClientRect();
  const right = document.documentElement.clientWidth - width - 8;
  const below = line.bottom + height + 8 < innerHeight || line.top < height + 8;
  box.style.left = `${Math.max(8, Math.min(line.left, right)) + scrollX}px`;
  box.style.top = `${(below ? line.bottom + 4 : line.top - height - 4) + scrollY}px`;
}

function hide() {
  clearTimeout(pending);
  if (shown) definition(shown).hidePopover();
  shown = null;
}

function soon(act, ...what) {
  clearTimeout(pending);
  pending = setTimeout(act, 200, ...what);
}

function explain(link) {
  const box = definition(link);
  const mouse = (act) => (event) => event.pointerType === "mouse" && act();
  link.addEventListener("pointerenter", mouse(() => soon(show, link)));
  link.addEventListener("pointerleave", mouse(() => soon(hide)));
  // The pointer may go over to the definition, to select it.
  box.addEventListener("pointerenter", mouse(() => clearTimeout(pending)));
  box.addEventListener("pointerleave", mouse(() => soon(hide)));
  link.addEventListener("focus", () => show(link));
  link.addEventListener("blur", hide);
  link.addEventListener("pointerdown", (event) => {
    follows = event.pointerType === "mouse" || shown === link;
  });
  link.addEventListener("click", (event) => {
    if (!follows) event.preventDefault();
    if (!follows) show(link);
    follows = true;
  });
}

addEventListener("DOMContentLoaded", () => {
  if (!HTMLElement.prototype.showPopover) return;
  for (const link of document.querySelectorAll("a[aria-describedby^=definition-]")) explain(link);
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("pointerdown", ({ target }) => {
    if (!target.closest(".definition, [aria-describedby^=definition-]")) hide();
  });
});
