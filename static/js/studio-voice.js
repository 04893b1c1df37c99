// Records a voice note, and keeps it on the phone until the shop has it.
const section = document.querySelector("[data-voice]");
const code = section.closest("form").dataset.studio;
let recorder;

const opened = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("studio-voice", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("notes");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const store = async (mode, act) => {
  const database = await opened();
  return new Promise((resolve, reject) => {
    const request = act(database.transaction("notes", mode).objectStore("notes"));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  }).finally(() => database.close());
};

const say = (text) => section.querySelector("[data-voice-status]").replaceChildren(text ?? "");

const show = () => {
  for (const part of section.querySelectorAll("[data-with-script]")) part.hidden = !canRecord;
};

const send = async () => {
  const note = await store("readonly", (notes) => notes.get(code));
  if (!note) return;
  const data = new FormData();
  data.set("csrfmiddlewaretoken", section.closest("form").elements.csrfmiddlewaretoken.value);
  data.set("voice_note", note, "note");
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(section.dataset.voiceUrl, { method: "POST", body: data, headers });
    if (![200, 409].includes(response.status)) return say(section.dataset.kept);
    const { problems } = await response.json();
    // What the shop refuses it would refuse again.
    await store("readwrite", (notes) => notes.delete(code));
    const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
    section.replaceChildren(...document.importNode(page.querySelector("[data-voice]"), true).children);
    show();
    say(problems.join(" "));
    section.focus();
  } catch {
    say(section.dataset.kept);
  }
};

const record = async (button) => {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return say(section.dataset.refused);
  }
  const parts = [];
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = async () => {
    for (const track of stream.getTracks()) track.stop();
    const note = new Blob(parts, { type: recorder.mimeType });
    recorder = undefined;
    button.setAttribute("aria-pressed", "false");
    await store("readwrite", (notes) => notes.put(note, code));
    say("");
    send();
  };
  recorder.start(1000);
  button.setAttribute("aria-pressed", "true");
  say(section.dataset.recording);
};

const canRecord = Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);
section.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-record]");
  if (!button) return;
  if (recorder) recorder.stop();
  else record(button);
});
window.addEventListener("online", send);
show();
send();
