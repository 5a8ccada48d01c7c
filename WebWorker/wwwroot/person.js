// One person on the page: a connection of their own, what they hear, and who they see.
import { openApart } from "./apart.js";
import { Lines, element } from "./lines.js";

const lookEvery = 2_000;
const lookAtMostEvery = 300;
const mostLines = 5;
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
const now = () => performance.timeOrigin + performance.now();
const seconds = milliseconds => `${(milliseconds / 1_000).toFixed(1)} s`;

export class Person {
  #view;
  #make;
  #clock;
  #log;
  #client = null;
  #room;
  #name;
  #ids = new Set();
  #before = null;
  #lost = null;
  #changes = 0;
  #looking = false;
  #lookAgain = false;

  /** The worker that holds the connection; null before the first one. */
  worker = null;

  /** Since when. */
  since = 0;

  connected = false;

  /** Called with what others want to know of this person. */
  onhappened = () => {};

  /** Called with who is in the room, as this person sees it. */
  onpeople = () => {};

  /** Called with the worker that somebody killed, and who it was. */
  onkilled = () => {};

  /** Called with the new name. */
  onrenamed = () => {};

  /**
   * view: its section; make: makes a client; clock: a name of this browser's clock, as times of others mean nothing here.
   */
  constructor({ view, protocol, client, make, clock, name, room }) {
    [this.#view, this.#make, this.#clock, this.#name, this.#room] = [view, make, clock, name, room];
    this.protocol = protocol;
    view.setAttribute("aria-label", `A person by ${protocol}`);
    this.#part("protocol").textContent = protocol;
    this.#part("client").textContent = `Uses ${client}.`;
    this.#part("log").setAttribute("aria-label", `What the person by ${protocol} hears`);
    this.#log = new Lines(this.#part("log"));
    const [nameForm, sayForm] = view.querySelectorAll("form");
    nameForm.elements.name.value = name;
    nameForm.onsubmit = event => this.#attempt(event, () => this.#rename(nameForm.elements.name.value.trim()));
    sayForm.onsubmit = event => this.#attempt(event, () => this.#say(sayForm.elements.text));
  }

  get name() {
    return this.#name;
  }

  /** Connects to a worker that is not one of these, where there is another. */
  async open(taken) {
    for (;;) {
      try {
        [this.#client] = await openApart(() => this.#listen(this.#make()), taken);
        break;
      } catch (error) {
        this.#error(error);
        await pause(1_000);
      }
    }
    this.#follow();
    setInterval(() => document.hidden || this.#look(), lookEvery);
    await this.#changed(this.#client.connected, false);
  }

  /** Goes to a worker that is none of these, as somebody new; stays where no connection leads to such a one. */
  async move(taken) {
    const [client, worker] = await openApart(() => this.#listen(this.#make()), taken);
    if (taken.includes(worker) || !this.connected) {
      client.stop();
      return;
    }
    const before = this.#client;
    before.onchange = () => {};
    before.stop();
    this.#lost = now();
    this.#log.note(`Leaves ${this.worker}, so that this page has people on several workers again.`);
    this.onhappened(`${this.#name} (${this.protocol}) goes from ${this.worker} to ${worker}, so that this page has people on several workers again.`);
    this.#client = client;
    this.#follow();
    await this.#changed(client.connected, false);
  }

  /** Goes to another room. */
  go(room) {
    this.#room = room;
    this.#before = null;
    return this.#attempt(null, () => this.connected ? this.#enter() : undefined);
  }

  /** Calls a worker. */
  call(method, ...args) {
    return this.#client.call(method, ...args);
  }

  #follow() {
    this.#client.onchange = (connected, recovered) => this.#changed(connected, recovered);
  }

  #listen(client) {
    client.on("told", message => this.#told(message));
    client.on("said", message => this.#log.add([element("b", "somebody"), " ", element("span", text(message))]));
    client.on("changed", () => this.#look());
    client.on("killed", ({ worker, by }) => this.onkilled(worker, by));
    return client;
  }

  async #changed(connected, recovered) {
    const change = ++this.#changes;
    this.connected = false;
    this.#show();
    if (!connected) {
      if (this.#lost === null && this.worker) {
        this.#lost = now();
        this.#log.note(`The connection to ${this.worker} was lost.`);
        this.onhappened(`${this.#name} (${this.protocol}) lost ${this.worker}.`);
      }
      return;
    }
    // What has been overtaken by another loss says nothing any more: it would name the worker of then, or of now.
    while (change === this.#changes && this.#client.connected && !this.connected) {
      try {
        await this.#enter();
      } catch (error) {
        this.#error(error);
        await pause(1_000);
        continue;
      }
      if (change === this.#changes && this.#lost !== null) {
        const how = recovered ? "recovered, with what was said meanwhile" : "as a new session: what was said meanwhile is not here";
        const after = seconds(now() - this.#lost);
        this.#lost = null;
        this.#log.note(`Back on ${this.worker} after ${after}, ${how}.`);
        this.onhappened(`${this.#name} (${this.protocol}) is back on ${this.worker} after ${after}, ${recovered ? "recovered" : "as a new session"}.`);
      }
    }
  }

  async #enter() {
    const me = await this.#client.call("enter", this.#room, this.#name);
    this.#ids.add(me.socket);
    if (this.worker !== me.worker) {
      this.since = now();
    }
    this.worker = me.worker;
    this.connected = true;
    this.#error(null);
    this.#show();
    await this.#look();
  }

  async #rename(name) {
    const before = this.#name;
    this.#name = name;
    try {
      if (this.connected) {
        await this.#enter();
      }
    } catch (error) {
      this.#name = before;
      throw error;
    }
    this.onrenamed(name);
  }

  async #say(input) {
    const said = input.value;
    if (said.trim()) {
      input.value = "";
      await this.#client.call("tell", said, `${this.#clock} ${now()}`);
    }
  }

  #told({ name, worker, text: said, stamp }) {
    const [clock, at] = stamp.split(" ");
    const way = worker === this.worker ? `by ${worker}` : `${worker} → ${this.worker}`;
    const latency = clock === this.#clock ? ` · ${(now() - Number(at)).toFixed(1)} ms` : "";
    this.#log.add([element("b", name), " ", element("span", said), " ", element("small", `${way}${latency}`)], "told");
  }

  /** Looks who is here, one look at a time, and not all the time. */
  async #look() {
    if (!this.connected) {
      return;
    }
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    do {
      this.#lookAgain = false;
      const room = this.#room;
      try {
        const people = await this.#client.call("people");
        if (room === this.#room) {
          this.#see(people);
        }
      } catch (error) {
        // The next look is not far.
        console.debug(error);
      }
      await pause(lookAtMostEvery);
    } while (this.#lookAgain && this.connected);
    this.#looking = false;
  }

  #see({ all, more }) {
    const here = new Map(all.map(person => [person.socket, person]));
    if (this.#before && more === 0) {
      const came = all.filter(({ socket }) => !this.#before.has(socket) && !this.#ids.has(socket));
      const left = [...this.#before.values()].filter(({ socket }) => !here.has(socket) && !this.#ids.has(socket));
      this.#tell(came, "came");
      this.#tell(left, "left");
      for (const { socket, name } of all) {
        const before = this.#before.get(socket)?.name;
        if (before && name && before !== name) {
          this.#log.note(`${before} is now ${name}.`);
        }
      }
    }
    this.#before = more === 0 ? here : null;
    this.#part("count").textContent = `${all.length + more}`;
    this.#part("members").replaceChildren(...all.map(person => {
      const item = document.createElement("li");
      item.append(element("span", person.name ?? "somebody"), " ", element("small", `${where(person)}${this.#ids.has(person.socket) ? ", you" : ""}`));
      return item;
    }), ...(more ? [element("li", `and ${more} more`)] : []));
    this.onpeople(all);
  }

  #tell(people, what) {
    people.slice(0, mostLines).forEach(person => this.#log.note(`${person.name ?? "Somebody"} ${what} (${where(person)}).`));
    if (people.length > mostLines) {
      this.#log.note(`${people.length - mostLines} more ${what}.`);
    }
  }

  #show() {
    this.#view.classList.toggle("connected", this.connected);
    this.#part("state").textContent = this.connected ? "connected" : this.#lost === null ? "connecting" : "reconnecting";
    this.#part("worker").textContent = this.worker ? `on ${this.worker}` : "";
    for (const control of this.#view.querySelector("form.say").elements) {
      control.disabled = !this.connected;
    }
  }

  async #attempt(event, action) {
    event?.preventDefault();
    this.#error(null);
    try {
      await action();
    } catch (error) {
      this.#error(error);
    }
  }

  #error(error) {
    this.#part("error").textContent = error?.message ?? "";
  }

  #part(name) {
    return this.#view.getElementsByClassName(name)[0];
  }
}

const where = ({ worker, protocol }) => [worker ?? "a worker that is new", protocol ?? "not by this page"].join(", ");
const text = value => typeof value === "string" ? value : typeof value?.text === "string" ? value.text : JSON.stringify(value) ?? "";
