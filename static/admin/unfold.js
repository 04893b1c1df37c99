// Names and reaches what Unfold, select2 and jQuery UI leave to the eye and the mouse. Runs again on whatever is added.

const CLICKED = ":is(a:not([href]), a[href='#'], a[href='../change/'], div, span)[x-on\\:click]:not(#changelist-filter-close)";
const REACHED = "a[href], button, select, textarea, input:not([type=hidden]), [tabindex='0']";

function each(selector, mend) {
  document.querySelectorAll(selector).forEach(mend);
}

/** An icon's text is its English name. What holds nothing but an icon is named by its title, or by one of the words. */
function nameIcons(words) {
  each(".material-symbols-outlined", (icon) => icon.setAttribute("aria-hidden", "true"));
  each("#searchbar-submit", (button) => (button.ariaLabel = words.wordSearch));
  each("input.delete", (box) => (box.ariaLabel = words.wordDelete));
  each("#nav-sidebar .material-symbols-outlined[role=button]", (icon) => {
    icon.removeAttribute("aria-hidden");
    icon.ariaLabel = words.wordClose;
  });
  each("[x-ref^=relatedWidgetWrapper], #header-inner a.lg\\:hidden", (opener) => (opener.ariaLabel = words.wordMore));
  each(".help-tooltip[aria-label]", (hint) => (hint.role = "img"));
  each("#nav-sidebar nav nav", (menu) => (menu.ariaLabel = words.wordAccount));
  // Under the page's own heading, not under one that is not there.
  each("#changelist-filter h3", (heading) => (heading.ariaLevel = "2"));
  // The column of the boxes that delete a row.
  each(".formset-wrapper th", (heading) => {
    if (!heading.textContent.trim() && !heading.children.length) {
      heading.innerHTML = '<span class="sr-only"></span>';
      heading.firstChild.textContent = words.wordDelete;
    }
  });
}

function makeReachable() {
  each(CLICKED, (opener) => {
    opener.role = "button";
    opener.tabIndex = 0;
  });
  // A table wider than a phone is moved with the arrow keys.
  each(".overflow-x-auto", (box) => {
    if (!box.querySelector(REACHED)) box.tabIndex = 0;
  });
  // The tab itself takes the focus and the keys. jQuery UI leaves a link inside it, and goes on asking where it leads.
  each(".ui-tabs-anchor[tabindex]", (link) => {
    Object.defineProperties(link, { href: { value: link.href }, hash: { value: link.hash } });
    link.removeAttribute("href");
    link.removeAttribute("tabindex");
  });
}

function nameOf(select) {
  return select?.labels[0]?.textContent.replace("*", "").trim() || select?.ariaLabel || "";
}

function nameSelects(words) {
  each(".select2-hidden-accessible", (select) => {
    const name = nameOf(select);
    const box = select.nextElementSibling?.querySelector(".select2-selection");
    if (!box) return;
    const value = box.querySelector(".select2-selection__rendered");
    box.id = `${select.id}-box`;
    value.id ||= `${select.id}-value`;
    box.ariaLabel = name;
    box.setAttribute("aria-labelledby", `${box.id} ${value.id}`);
    box.setAttribute("aria-controls", `select2-${select.id}-results`);
    value.removeAttribute("role");
    value.removeAttribute("aria-readonly");
    value.querySelector(".select2-selection__clear")?.setAttribute("aria-hidden", "true");
    box.querySelector(".select2-search__field")?.setAttribute("aria-label", name);
  });
  each("body > .select2-container", (choices) => {
    choices.role = "region";
    choices.ariaLabel = nameOf(document.querySelector("select:has(+ .select2-container--open)"));
  });
  each(".select2-dropdown .select2-search__field", (input) => (input.ariaLabel = words.wordSearch));
}

function nameDialog() {
  const dialog = document.getElementById("modal-content");
  const title = dialog.querySelector("h1");
  dialog.role = "dialog";
  dialog.ariaModal = "true";
  if (title) {
    title.id = "modal-title";
    dialog.setAttribute("aria-labelledby", title.id);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const main = document.getElementById("main");
  if (!main?.dataset.wordSearch) return;
  // Modeltranslation opens the tab of a language with an error, and looks for it on the row.
  each(".form-row:has(.errors)", (row) => row.classList.add("errors"));
  const mend = () => {
    makeReachable();
    nameIcons(main.dataset);
    nameSelects(main.dataset);
    nameDialog();
  };
  let isWaiting = false;
  new MutationObserver(() => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      mend();
    });
  }).observe(document.body, { childList: true, subtree: true });
  mend();
});

document.addEventListener("keydown", (event) => {
  if (event.target.matches(CLICKED) && ["Enter", " "].includes(event.key)) {
    event.preventDefault();
    event.target.click();
  }
});
