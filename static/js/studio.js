// Saves a piece as it is typed, and keeps what is typed on the phone until the shop has it.
const form = document.querySelector("[data-studio]");
const status = form.querySelector("[data-status]");
const key = `studio:${form.dataset.studio}`;
const PAUSE = 800;
const RETRY = 15_000;
const LOOK_AGAIN = 2000;
const MOST_LOOKS = 60;
const WEEK = 7 * 24 * 3600 * 1000;
// Names of fields that the shop has not confirmed.
const unsent = new Set();
let timer;
let isSaving = false;
let isLeaving = false;
let request;

form.classList.add("studio-scripted");

const say = (text, link) => {
  status.replaceChildren(text);
  if (!link) return;
  const anchor = document.createElement("a");
  anchor.href = location.href.split("#")[0];
  anchor.textContent = text;
  status.replaceChildren(anchor);
};

const isTyped = (field) => field.name && !["hidden", "file", "submit", "button"].includes(field.type);
const isTicked = (field) => !["radio", "checkbox"].includes(field.type) || field.checked;
const valueOf = (name) =>
  [...form.elements].filter((field) => field.name === name && isTicked(field)).map((field) => field.value);

const keep = () => {
  const values = Object.fromEntries([...unsent].map((name) => [name, valueOf(name)]));
  try {
    if (unsent.size) localStorage.setItem(key, JSON.stringify({ at: Date.now(), step: form.dataset.step, values }));
    else localStorage.removeItem(key);
  } catch {
    // A phone without room keeps the page itself.
  }
};

const body = () => {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  return data;
};

const later = (pause) => {
  clearTimeout(timer);
  timer = setTimeout(save, pause);
};

const save = async () => {
  if (isSaving) return later(PAUSE);
  if (isLeaving || !unsent.size) return;
  isSaving = true;
  request = new AbortController();
  const sent = new Map([...unsent].map((name) => [name, String(valueOf(name))]));
  say(form.dataset.saving);
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(form.action, {
      method: "POST", body: body(), headers, keepalive: true, signal: request.signal,
    });
    if ([401, 403].includes(response.status)) return say(form.dataset.signedOut, true);
    if (response.status !== 200 && response.status !== 409) throw new Error(response.status);
    const { problems } = await response.json();
    if (!problems.length) for (const [name, value] of sent) if (String(valueOf(name)) === value) unsent.delete(name);
    keep();
    say(problems.join(" ") || form.dataset.saved);
    for (const name of sent.keys()) if (name.includes("-cut_")) waitFor(photoOf(form.elements[name]));
  } catch {
    if (isLeaving) return;
    say(form.dataset.unsaved);
    later(RETRY);
  } finally {
    isSaving = false;
  }
};

form.addEventListener("input", ({ target }) => {
  if (!isTyped(target)) return;
  unsent.add(target.name);
  keep();
  later(PAUSE);
});
window.addEventListener("online", save);
document.addEventListener("visibilitychange", () => document.hidden && save());

// What a closed page, a lost signal or a session that ran out left here.
const bringBack = () => {
  const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
  // What was sent for review since then was sent with it.
  if (!kept.values || kept.step !== form.dataset.step || Date.now() - kept.at > WEEK) return localStorage.removeItem(key);
  for (const [name, values] of Object.entries(kept.values)) {
    if (String(valueOf(name)) === String(values)) continue;
    for (const field of form.elements) {
      if (field.name !== name) continue;
      if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
      else [field.value] = values;
    }
    unsent.add(name);
  }
  keep();
  save();
};

// Photos: the steps without leaving the page, and the pictures once the shop has made them.
const parsed = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");
const photoOf = (field) => field?.closest?.("[data-photo]") ?? field?.[0]?.closest("[data-photo]");
const sourceOf = (photo) => photo?.querySelector("[data-picture] img")?.getAttribute("src") ?? "";

const waitFor = (photo, former = sourceOf(photo)) => {
  if (!photo) return;
  const picture = photo.querySelector("[data-picture]");
  Object.assign(picture.dataset, { picture: "waits", former, looks: 0 });
};

const look = async () => {
  if (document.hidden) return;
  for (const photo of form.querySelectorAll('[data-photo]:has([data-picture="waits"])')) {
    const picture = photo.querySelector("[data-picture]");
    const former = picture.dataset.former ?? "";
    picture.dataset.looks = Number(picture.dataset.looks ?? 0) + 1;
    try {
      const response = await fetch(photo.dataset.photoUrl);
      if (!response.ok) continue;
      const made = (await parsed(response)).querySelector("[data-picture]");
      const source = made?.querySelector("img")?.getAttribute("src");
      if (source && source !== former) picture.replaceWith(document.importNode(made, true));
      else if (source && picture.dataset.looks > MOST_LOOKS) picture.dataset.picture = "made";
    } catch {
      // No signal: the next look comes.
    }
  }
};
setInterval(look, LOOK_AGAIN);

const take = async (button) => {
  const photo = button.closest("[data-photo]");
  const former = sourceOf(photo);
  try {
    const response = await fetch(button.formAction, { method: "POST", body: body() });
    const page = await parsed(response);
    const photos = page.querySelector("[data-photos]");
    if (!photos) return location.reload();
    form.querySelector("[data-photos]").replaceChildren(...document.importNode(photos, true).children);
    const same = document.getElementById(photo.id);
    if (button.hasAttribute("data-turns")) waitFor(same, former);
    const again = same?.querySelector(`[formaction="${button.getAttribute("formaction")}"]`);
    (again ?? document.getElementById("photos")).focus();
  } catch {
    say(form.dataset.unsaved);
  }
};

form.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("data-photo-step")) {
    event.preventDefault();
    take(event.submitter);
    return;
  }
  // The button saves it all.
  isLeaving = true;
  clearTimeout(timer);
  request?.abort();
});
window.addEventListener("pageshow", () => { isLeaving = false; });

// The cut is seen at once, until the shop has made it.
form.addEventListener("change", ({ target }) => {
  if (!target.name?.includes("-cut_")) return;
  const photo = photoOf(target);
  const image = photo.querySelector("[data-picture] img");
  if (!image) return;
  const cut = (side, of) => Number([...photo.querySelector(`[name$="-cut_${side}"]`).options].find(of).value);
  const inset = ["top", "right", "bottom", "left"].map((side) => {
    const opposite = { top: "bottom", bottom: "top", left: "right", right: "left" }[side];
    const made = cut(side, (option) => option.defaultSelected);
    const rest = 100 - made - cut(opposite, (option) => option.defaultSelected);
    return `${Math.max(0, ((cut(side, (option) => option.selected) - made) / rest) * 100)}%`;
  });
  image.style.clipPath = `inset(${inset.join(" ")})`;
});

bringBack();
