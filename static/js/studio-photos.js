// Sends each photo as soon as it is taken or chosen, one after the other and part by part. It goes on where it stopped:
// after a lost signal, a phone that slept, a closed page, a session that ran out. Until the shop has a photo, this phone
// keeps it.
const place = document.querySelector("[data-uploader]");
const form = place.closest("form");
const said = place.dataset;
const list = place.querySelector("[data-uploads]");
const template = place.querySelector("[data-upload]");
const photos = document.querySelector("[data-photos]");
const notice = place.querySelector("[data-notice]");
const signIn = place.querySelector("[data-sign-in]");
const pickers = place.querySelectorAll("[data-pick]");

// What a broken connection costs at the most.
const PART = 512 * 1024;
const PAUSES = [1, 2, 5, 10, 30].map((seconds) => seconds * 1000);
// After which a connection counts as broken that does not say so.
const SILENCE = 45_000;

const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
const parsed = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");
const tell = (text) => { place.querySelector("[data-told]").textContent = text; };
// Also for who looks at the page.
const warn = (text) => {
  tell(text);
  notice.textContent = text;
  notice.hidden = !text;
};

// --- What this phone keeps ---
const database = new Promise((resolve) => {
  try {
    const request = indexedDB.open("studio", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("photos", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  } catch {
    resolve(null);
  }
});

// The promise of what was asked for; undefined where this phone keeps nothing, or has no room.
const kept = async (mode, ask) => {
  const opened = await database;
  if (!opened) return undefined;
  return new Promise((resolve) => {
    const transaction = opened.transaction("photos", mode);
    transaction.onabort = () => resolve(undefined);
    try {
      const request = ask(transaction.objectStore("photos"));
      transaction.oncomplete = () => resolve(request.result);
    } catch {
      // A browser that keeps no files.
      resolve(undefined);
    }
  });
};

const keep = async (photo) => {
  const { id, file, name, url, refusal } = photo;
  const done = await kept("readwrite", (store) => store.put({ id, code: said.uploader, file, name, url, refusal }));
  photo.isKept = done !== undefined;
};
const forget = (photo) => kept("readwrite", (store) => store.delete(photo.id));

// --- What is seen of a photo on its way ---
const show = (photo, state, { sent, canRetry = false } = {}) => {
  photo.row.querySelector("[data-state]").textContent = state;
  photo.row.querySelector("[data-retry]").hidden = !canRetry;
  if (sent !== undefined) photo.row.querySelector("progress").value = sent;
};

const showProgress = (photo, sent) => {
  const part = Math.floor((100 * sent) / photo.file.size) / 100;
  show(photo, part < 1 ? said.sending.replace("{part}", percent.format(part)) : said.checking, { sent: part });
};

const row = (photo) => {
  const made = template.content.cloneNode(true).firstElementChild;
  const name = made.querySelector("[data-name]");
  name.textContent = photo.name;
  name.id = `upload-${photo.id}`;
  made.querySelector("progress").setAttribute("aria-labelledby", name.id);
  for (const button of made.querySelectorAll("button")) button.setAttribute("aria-describedby", name.id);
  made.querySelector("[data-retry]").addEventListener("click", () => retry(photo));
  made.querySelector("[data-remove]").addEventListener("click", () => remove(photo));
  list.append(made);
  return made;
};

const waiting = new Set();
const most = Number(said.room) + photos.children.length;
const room = () => most - photos.children.length - waiting.size;
const showRoom = () => {
  const isFull = room() <= 0;
  place.querySelector("[data-full]").hidden = !isFull;
  for (const picker of pickers) picker.hidden = isFull;
};
new MutationObserver(showRoom).observe(photos, { childList: true });

// --- Pauses that end early when something may have changed ---
const resting = new Set();
const wake = () => { for (const end of [...resting]) end(); };
const rest = (milliseconds) =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      resting.delete(end);
      resolve();
    };
    const timer = milliseconds ? setTimeout(end, milliseconds) : undefined;
    resting.add(end);
  });
window.addEventListener("online", wake);
window.addEventListener("pageshow", wake);
document.addEventListener("visibilitychange", () => document.hidden || wake());

// Whoever signed in again, perhaps in another tab, has another token.
const renewToken = async () => {
  try {
    const fresh = (await parsed(await fetch(location.href))).querySelector("[data-uploader]")?.closest("form");
    if (fresh) form.elements.csrfmiddlewaretoken.value = fresh.elements.csrfmiddlewaretoken.value;
  } catch {
    // No signal: the next attempt says so.
  }
};

// --- On the way ---
const REFUSALS = [400, 404, 405, 410, 412, 413, 415, 422];

const attempt = (photo) =>
  new Promise((resolve) => {
    let silence;
    let isSignedOut = false;
    const end = (outcome) => {
      clearTimeout(silence);
      resolve(outcome);
    };
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => photo.stop().then(() => end({ is: "broken" })), SILENCE);
    };
    const upload = new tus.Upload(photo.file, {
      endpoint: said.endpoint,
      uploadUrl: photo.url,
      chunkSize: PART,
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      retryDelays: null,
      storeFingerprintForResuming: false,
      onUploadUrlAvailable() {
        if (photo.url === upload.url) return;
        photo.url = upload.url;
        keep(photo);
      },
      onProgress(sent) {
        heard();
        photo.sent = sent;
        showProgress(photo, sent);
      },
      onAfterResponse(request, response) {
        heard();
        const status = response.getStatus();
        // Or was led to a page that asks for a second step.
        const isElsewhere = !response.getUnderlyingObject().responseURL.includes("/uploads/");
        isSignedOut = status === 401 || status === 403 || isElsewhere;
        // After anything but an offset the library begins anew; the shop lost a photo where it says so itself.
        const isUnsure = request.getMethod() === "HEAD" && status >= 400 && status !== 404;
        if (isSignedOut || isUnsure) throw new Error(status);
      },
      onSuccess: ({ lastResponse }) => end({ is: "arrived", at: lastResponse.getHeader("Content-Location") }),
      onError({ originalResponse }) {
        if (isSignedOut) return end({ is: "signed out" });
        if (!REFUSALS.includes(originalResponse?.getStatus())) return end({ is: "broken" });
        return end({ is: "refused", why: originalResponse.getBody() || said.refused });
      },
    });
    photo.stop = (isForGood = false) => upload.abort(isForGood).catch(() => {});
    photo.end = end;
    heard();
    upload.start();
  });

const transfer = async (photo) => {
  for (let failures = 0; !photo.isRemoved; failures += 1) {
    const before = photo.sent;
    const outcome = await attempt(photo);
    signIn.hidden = outcome.is !== "signed out";
    if (["arrived", "refused", "removed"].includes(outcome.is)) return outcome;
    if (outcome.is === "signed out") {
      show(photo, said.signedOut, { canRetry: true });
      tell(said.signedOut);
      await rest();
      await renewToken();
      continue;
    }
    if (photo.sent > before) failures = 0;
    show(photo, said.broken, { canRetry: true });
    if (!failures) tell(said.broken);
    await rest(PAUSES[Math.min(failures, PAUSES.length - 1)]);
  }
  return { is: "removed" };
};

const bringIn = async (address) => {
  const found = (await parsed(await fetch(address))).querySelector("[data-photo]");
  if (!document.getElementById(found.id)) photos.append(document.importNode(found, true));
};

const leave = (photo) => {
  waiting.delete(photo);
  photo.row.remove();
  showRoom();
};

const showRefused = (photo) => {
  photo.row.classList.add("upload--refused");
  show(photo, photo.refusal, { canRetry: true, sent: 0 });
};

const refuse = (photo, why) => {
  photo.refusal = why;
  waiting.delete(photo);
  showRefused(photo);
  showRoom();
  tell(`${photo.name}: ${why}`);
  return keep(photo);
};

// Which may take a while without a signal; the next photo does not wait for it.
const settle = async (photo, address) => {
  for (;;) {
    try {
      await bringIn(address);
      return leave(photo);
    } catch {
      show(photo, said.unseen, { sent: 1 });
      photo.row.querySelector("[data-remove]").hidden = true;
      await rest(PAUSES.at(-1));
    }
  }
};

const finish = async (photo, outcome) => {
  if (outcome.is === "removed") return;
  if (outcome.is === "refused") return refuse(photo, outcome.why);
  await forget(photo);
  tell(said.arrived.replace("{name}", photo.name));
  settle(photo, outcome.at);
};

const send = async (photo) => {
  if (photo.isRemoved) return;
  // Another tab may have sent it meanwhile.
  if (photo.isKept) {
    const now = await kept("readonly", (store) => store.get(photo.id));
    if (!now) return leave(photo);
    photo.url = now.url;
  }
  await finish(photo, await transfer(photo));
};

const alone = (photo) =>
  navigator.locks ? navigator.locks.request(`studio photo ${photo.id}`, () => send(photo)) : send(photo);

let queue = Promise.resolve();
const enqueue = (photo, isReady) => {
  photo.sent = 0;
  waiting.add(photo);
  photo.row.classList.remove("upload--refused");
  show(photo, said.waiting, { sent: 0 });
  showRoom();
  queue = queue.then(() => isReady).then(() => alone(photo));
};

const retry = (photo) => {
  if (!photo.refusal) return wake();
  Object.assign(photo, { refusal: undefined, url: undefined });
  enqueue(photo, keep(photo));
};

const remove = async (photo) => {
  photo.isRemoved = true;
  photo.stop?.(Boolean(photo.url));
  photo.end?.({ is: "removed" });
  wake();
  leave(photo);
  [...pickers].find((picker) => !picker.hidden)?.focus();
  await forget(photo);
};

// --- Where photos come from ---
const begin = async (files) => {
  const fitting = files.slice(0, Math.max(0, room()));
  warn(fitting.length < files.length ? said.leftOut : "");
  const now = Date.now();
  for (const [number, file] of fitting.entries()) {
    // By it they stand in their order when they are brought back.
    const photo = { id: `${now}-${number}-${Math.random().toString(36).slice(2)}`, file, name: file.name };
    photo.row = row(photo);
    enqueue(photo, keep(photo));
  }
};

const take = (input) => {
  begin([...input.files]);
  // It goes by itself, and not with the form once more.
  input.value = "";
};

for (const picker of pickers) {
  const input = place.querySelector(picker.dataset.pick);
  picker.addEventListener("click", () => input.click());
  input.addEventListener("change", () => take(input));
}

form.addEventListener("submit", (event) => {
  if (!event.submitter?.hasAttribute("data-waits-for-photos") || !waiting.size) return;
  event.preventDefault();
  warn(said.wait);
  notice.focus();
});

const bringBack = async () => {
  const found = (await kept("readonly", (store) => store.getAll())) ?? [];
  for (const photo of found.filter(({ code }) => code === said.uploader)) {
    photo.isKept = true;
    photo.row = row(photo);
    if (photo.refusal) showRefused(photo);
    else enqueue(photo);
  }
};

place.querySelector("[data-without-script]")?.setAttribute("hidden", "");
place.querySelector("[data-with-script]").hidden = false;
showRoom();
bringBack();
// What was chosen before this script was there.
for (const input of place.querySelectorAll("input[type=file]")) if (input.files.length) take(input);
