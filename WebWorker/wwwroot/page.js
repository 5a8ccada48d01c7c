import { Hub } from "./hub.js";
import { OfficialHub, OfficialSockets } from "./official.js";
import { Sockets } from "./socketio.js";

const element = id => document.getElementById(id);
const wanted = new URLSearchParams(location.search);
const isSocketIO = wanted.get("client") === "socket.io";
const { official } = await (await fetch("clients")).json();
const hub = official && !wanted.has("small")
  ? (isSocketIO ? new OfficialSockets("socket.io/") : new OfficialHub("hub"))
  : (isSocketIO ? new Sockets("socket.io/") : new Hub("hub"));
let me = null;
let room = null;

hub.on("said", message => {
  const line = document.createElement("li");
  const from = document.createElement("b");
  from.textContent = message?.from ?? "somebody";
  line.append(from, ` ${typeof message?.text === "string" ? message.text : JSON.stringify(message)}`);
  add(line);
});

hub.onchange = connected => attempt(async () => {
  element("state").textContent = connected ? "connected" : "connecting";
  element("state").classList.toggle("connected", connected);
  if (connected) {
    me = await hub.call("whoami");
    element("server").textContent = me.server;
    element("socket").textContent = me.socket;
    if (room) {
      await hub.call("join", room);
      await look();
    }
  }
});

element("join").onsubmit = event => attempt(async () => {
  event.preventDefault();
  const name = element("room").value;
  await hub.call("join", name);
  if (room && room !== name) {
    await hub.call("leave", room);
  }
  enter(name);
  note(`You joined ${name}.`);
  await look();
});

element("leave").onclick = () => attempt(async () => {
  await hub.call("leave", room);
  note(`You left ${room}.`);
  enter(null);
});

element("say").onsubmit = event => attempt(async () => {
  event.preventDefault();
  const text = element("text").value;
  if (text) {
    element("text").value = "";
    await hub.call("say", room, { from: me.server, text });
  }
});

element("refresh").onclick = () => attempt(look);

function enter(name) {
  room = name;
  for (const control of [element("leave"), element("refresh"), ...element("say").elements]) {
    control.disabled = !room;
  }
  if (!room) {
    element("members").replaceChildren();
  }
}

async function look() {
  const members = await hub.call("who", room);
  element("members").replaceChildren(...members.map(id => {
    const item = document.createElement("li");
    item.textContent = id;
    item.classList.toggle("me", id === me.socket);
    return item;
  }));
}

function note(text) {
  const line = document.createElement("li");
  line.className = "note";
  line.textContent = text;
  add(line);
}

function add(line) {
  const log = element("log");
  log.append(line);
  if (log.childElementCount > 500) {
    log.firstElementChild.remove();
  }
  log.scrollTop = log.scrollHeight;
}

async function attempt(action) {
  element("error").textContent = "";
  try {
    await action();
  } catch (error) {
    element("error").textContent = error.message;
  }
}

element("client").textContent = (hub instanceof OfficialSockets) ? "socket.io-client"
  : (hub instanceof OfficialHub) ? "@microsoft/signalr"
  : official ? "a small client of its own"
  : "a small client of its own, as the official ones are not here: npm was not there when this worker was built";
attempt(() => hub.start());
