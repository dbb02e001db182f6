/* Small live things, written with the client alone. */

import { actions, isInputError } from "/_actions/client.js";

const byId = (id) => document.getElementById(id);
const long = (day) => day.toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" });

const complain = (error) => {
  const problem = byId("live-problem");
  problem.hidden = !error;
  problem.textContent = error?.message ?? "";
};

/* A like shows at once. What the server last said is kept, and shown again if it refuses. One call
   at a time: two on their way may arrive in either order. */
for (const button of document.querySelectorAll("button.like[data-post]")) {
  const post_id = Number(button.dataset.post);
  let sure = {
    liked: button.getAttribute("aria-pressed") === "true",
    count: Number(button.dataset.count),
  };
  let shown = sure;
  let sending = false;
  const show = (state) => {
    shown = state;
    button.setAttribute("aria-pressed", state.liked);
    button.querySelector(".count").textContent = state.count;
  };
  button.addEventListener("click", async () => {
    const liked = !shown.liked;
    show({ liked, count: shown.count + (liked ? 1 : -1) });
    if (sending) return; // the answer that is awaited will find this wish
    sending = true;
    let problem;
    while (!problem && shown.liked !== sure.liked) {
      const wish = { post_id, liked: shown.liked };
      const { data, error } = await actions.posts.like(wish, { timeout: 10_000 });
      if (data) sure = data;
      problem = error;
    }
    sending = false;
    show(sure);
    complain(problem);
  });
}

/* Each letter gives up the search before it. */
let searching = new AbortController();
byId("live-words").addEventListener("input", async ({ target }) => {
  searching.abort();
  searching = new AbortController();
  const { signal } = searching;
  const { data, error } = await actions.live.search({ words: target.value }, { signal });
  if (signal.aborted) return;
  complain(error);
  byId("live-found").replaceChildren(...(data ?? []).map(entry));
});

const entry = ({ id, title, published_at }) => {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/posts/${id}`;
  link.textContent = title;
  item.append(link, ` · ${long(published_at)}`);
  return item;
};

/* A photograph, with its progress and a way to stop it. The next one stops the one before. */
let sending = new AbortController();
byId("live-photograph").addEventListener("change", async ({ target }) => {
  if (!target.files.length) return;
  const body = new FormData();
  body.set("photograph", target.files[0]);
  sending.abort();
  const own = (sending = new AbortController());
  byId("live-stop").disabled = false;
  byId("live-weighed").textContent = "";
  const { data, error } = await actions.live.weigh(body, {
    signal: own.signal,
    onProgress: (share) => (byId("live-progress").value = share),
  });
  if (own !== sending) return;
  if (document.activeElement === byId("live-stop")) target.focus(); // a disabled one has none
  byId("live-stop").disabled = true;
  target.value = "";
  if (error) byId("live-progress").value = 0;
  complain(error);
  if (data) {
    const digest = Array.from(data.digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    byId("live-weighed").textContent = `${data.name} arrived: ${data.size} bytes, ${digest}…`;
  }
});
byId("live-stop").addEventListener("click", () => sending.abort());

/* A form goes as it stands; every message comes to its field. */
byId("live-guess").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { data, error } = await actions.live.guess(form);
  const fields = isInputError(error) ? error.fields : {};
  for (const control of form.querySelectorAll("input")) {
    const messages = fields[control.name];
    byId(`guess-${control.name}-error`).textContent = messages?.join(" ") ?? "";
    if (messages) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
  form.querySelector("[aria-invalid]")?.focus();
  complain(isInputError(error) ? undefined : error);
  byId("live-guessed").textContent = data
    ? `${data.name} says ${data.height} cm on ${long(data.day)}.`
    : "";
});

byId("live-asleep").remove();
byId("live-things").hidden = false;
document.documentElement.dataset.live = ""; // everything above is listening
