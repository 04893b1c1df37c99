// Keeps the totals, the fields and the ways to pay in step with the delivery that is chosen, and warns before the hold ends.
const form = document.querySelector("#checkout");

const follow = () => {
  const chosen = form.querySelector('[name="delivery"]:checked');
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !chosen || !part.dataset.for.split(" ").includes(chosen.dataset.goes);
  }
  if (!chosen) return;
  for (const choice of form.querySelectorAll("[data-only-for]")) {
    choice.disabled = choice.dataset.onlyFor !== chosen.dataset.goes;
    if (choice.disabled) choice.checked = false;
  }
  for (const place of form.querySelectorAll("[data-sum]")) {
    place.textContent = chosen.dataset[place.dataset.sum];
  }
};

const warnBeforeTheEnd = (hold) => {
  const warning = hold.querySelector("[data-warning]");
  const early = 3 * 60 * 1000;
  const show = () => {
    warning.hidden = false;
    warning.textContent = warning.dataset.warning;
  };
  setTimeout(show, Math.max(0, new Date(hold.dataset.heldUntil) - Date.now() - early));
};

for (const hint of form.querySelectorAll("[data-without-script]")) hint.hidden = true;
for (const hold of form.querySelectorAll("[data-held-until]")) warnBeforeTheEnd(hold);
form.addEventListener("change", follow);
window.addEventListener("pageshow", follow);
follow();
