// The workers: which there are, who of the room is where, and a button that kills one.
import { Lines, element } from "./lines.js";

const lookEvery = 2_000;
const lookAfterDeath = 500;
const watchDeath = 15_000;
const mostMoves = 3;
const byId = id => document.getElementById(id);

export class Cluster {
  #people;
  #here = new Map();
  #log = new Lines(byId("happened"));
  #cards = new Map();
  #timer = null;
  #closeLookUntil = 0;
  #mayKill = false;
  #moves = 0;
  #moving = false;

  constructor(people) {
    this.#people = people;
    this.#look();
  }

  happened(text) {
    this.#log.add([`${new Date().toLocaleTimeString()} `, element("span", text)]);
  }

  /** A worker dies: for some seconds there is more to see. Each person of the page hears of it, and one word is enough. */
  killed(worker, by) {
    const card = this.#cards.get(worker);
    if (card && card.killed !== card.id) {
      card.killed = card.id;
      this.happened(`${by} killed ${worker}.`);
    }
    this.#closeLookUntil = Date.now() + watchDeath;
    clearTimeout(this.#timer);
    this.#look();
  }

  /** Who is in the room. */
  here(people) {
    this.#here = new Map();
    for (const { worker } of people) {
      this.#here.set(worker, 1 + (this.#here.get(worker) ?? 0));
    }
    this.#cards.forEach((card, name) => this.#count(card, name));
  }

  async #look() {
    try {
      const person = this.#people.find(candidate => candidate.connected);
      if (person && !document.hidden) {
        const cluster = await person.call("workers");
        this.#see(cluster);
        await this.#spread(cluster.workers);
      }
    } catch (error) {
      // The next look is not far.
      console.debug(error);
    } finally {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#look(), Date.now() < this.#closeLookUntil ? lookAfterDeath : lookEvery);
    }
  }

  /**
   * When a worker has come, somebody goes there if several people of the page are on one worker: who came there last. A connection may lead elsewhere, so it
   * is tried some times.
   */
  async #spread(workers) {
    const free = workers.some(({ name }) => this.#people.every(({ worker }) => worker !== name));
    const late = this.#people
      .filter(({ worker }) => this.#people.filter(other => other.worker === worker).length > 1)
      .sort((one, other) => other.since - one.since)[0];
    if (this.#moves > 0 && free && late && !this.#moving && this.#people.every(({ connected }) => connected)) {
      this.#moves--;
      this.#moving = true;
      try {
        await late.move(this.#people.map(({ worker }) => worker));
      } finally {
        this.#moving = false;
      }
    }
  }

  #see({ workers, mayKill }) {
    this.#mayKill = mayKill;
    byId("no-kill").hidden = mayKill;
    const first = this.#cards.size === 0;
    for (const { id, name } of workers) {
      const card = this.#cards.get(name) ?? this.#add(name);
      if (card.id !== id || card.gone) {
        if (!first) {
          this.#moves = mostMoves;
          this.happened(card.id === id ? `${name} is there again.` : `${name} ${card.id === null ? "is there" : "was started again"}.`);
        }
        [card.id, card.gone] = [id, false];
      }
      this.#show(card, name);
    }
    for (const [name, card] of this.#cards) {
      if (!workers.some(worker => worker.name === name) && !card.gone) {
        card.gone = true;
        this.happened(`${name} is gone.`);
        this.#show(card, name);
      }
    }
  }

  #add(name) {
    const item = document.createElement("li");
    const title = element("span", name);
    const count = element("small", "");
    const kill = element("button", "Kill");
    kill.type = "button";
    kill.setAttribute("aria-label", `Kill ${name}`);
    item.append(title, count, kill);
    const card = { id: null, gone: false, killed: null, item, count, kill };
    kill.onclick = () => this.#kill(card);
    this.#cards.set(name, card);
    byId("workers").replaceChildren(...[...this.#cards].sort(([one], [other]) => one < other ? -1 : 1).map(([, { item: shown }]) => shown));
    return card;
  }

  #show(card, name) {
    card.item.classList.toggle("dead", card.gone);
    card.kill.hidden = !this.#mayKill;
    card.kill.disabled = card.gone;
    this.#count(card, name);
  }

  #count(card, name) {
    card.count.textContent = card.gone ? "is dead" : `${this.#here.get(name) ?? 0} of this room`;
  }

  async #kill(card) {
    byId("cluster-error").textContent = "";
    const person = this.#people.find(candidate => candidate.connected);
    try {
      await person.call("kill", card.id);
    } catch (error) {
      // Where the person is on that very worker, the call dies with it.
      if (person?.connected) {
        byId("cluster-error").textContent = error.message;
      }
    }
  }
}
