// A log on the page: the last lines of what happened, at the speed that a browser can show.

const most = 200;
const every = 50;

export class Lines {
  #element;
  #waiting = [];
  #timer = null;

  constructor(element) {
    this.#element = element;
  }

  /** A line of parts, each a text or an element. */
  add(parts, kind = "") {
    this.#waiting.push([parts, kind]);
    if (this.#waiting.length > most) {
      this.#waiting.shift();
    }
    this.#timer ??= setTimeout(() => this.#show(), every);
  }

  note(text) {
    this.add([text], "note");
  }

  #show() {
    this.#timer = null;
    const log = this.#element;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 50;
    for (const [parts, kind] of this.#waiting.splice(0)) {
      const line = document.createElement("p");
      line.className = kind;
      line.append(...parts);
      log.append(line);
    }
    while (log.childElementCount > most) {
      log.firstElementChild.remove();
    }
    if (atEnd) {
      log.scrollTop = log.scrollHeight;
    }
  }
}

/** An element with a text in it: nothing that people type ever becomes HTML. Their text keeps its direction to itself. */
export function element(name, text) {
  const made = document.createElement(name);
  made.dir = "auto";
  made.textContent = text;
  return made;
}
