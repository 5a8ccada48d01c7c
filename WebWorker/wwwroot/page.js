// Puts the page together: who is on it, what they speak, and the room that all go to. ?people=signalr,socket.io says who, ?room= where, and ?small takes the
// small clients of this folder where the official ones are there as well.
import { Cluster } from "./cluster.js";
import { Hub } from "./hub.js";
import { keep, kept } from "./kept.js";
import { OfficialHub, OfficialSockets } from "./official.js";
import { Person } from "./person.js";
import { Sockets } from "./socketio.js";

const names = ["Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ida", "Jon", "Kim", "Lea", "Mia", "Noa", "Ole", "Pia"];
const patience = 3_000;
const longestRoom = 100;
const wanted = new URLSearchParams(location.search);
const { official } = await (await fetch("clients")).json();
const small = wanted.has("small") || !official;
const own = official ? "a small client of its own" : "a small client of its own: npm was not there when this worker was built";
const clients = {
  "signalr": small ? ["SignalR", own, () => new Hub("hub")] : ["SignalR", "@microsoft/signalr", () => new OfficialHub("hub")],
  "socket.io": small ? ["Socket.IO", own, () => new Sockets("socket.io/")] : ["Socket.IO", "socket.io-client", () => new OfficialSockets("socket.io/")],
};

const asked = (wanted.get("people") ?? "signalr,socket.io").split(",").filter(name => name in clients).slice(0, 4);
const room = (wanted.get("room") || "lobby").slice(0, longestRoom);
const clock = kept("localStorage", "clock", () => Math.random().toString(36).slice(2));
const people = [];
const cluster = new Cluster(people);

const roomForm = document.getElementById("room");
roomForm.elements.room.value = room;
roomForm.onsubmit = event => {
  event.preventDefault();
  const next = roomForm.elements.room.value.trim() || "lobby";
  people.forEach(person => person.go(next));
};

for (const [index, key] of asked.entries()) {
  const [protocol, client, make] = clients[key];
  const name = kept("sessionStorage", `name ${index}`, () => names[Math.floor(Math.random() * names.length)]);
  const view = document.getElementById("person").content.firstElementChild.cloneNode(true);
  document.getElementById("people").append(view);
  const person = new Person({ view, protocol, client, make, clock, name, room });
  person.onhappened = text => cluster.happened(text);
  person.onkilled = (worker, by) => cluster.killed(worker, by);
  person.onrenamed = renamed => keep("sessionStorage", `name ${index}`, renamed);
  person.onpeople = all => person === people.find(candidate => candidate.connected) && cluster.here(all);
  people.push(person);
}

// One after the other, so that the second finds a worker where the first is not; but nobody waits for long.
for (const person of people) {
  const opened = person.open(people.map(({ worker }) => worker).filter(Boolean));
  await Promise.race([opened, new Promise(resolve => setTimeout(resolve, patience))]);
}
