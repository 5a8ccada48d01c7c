// A small client of SignalR: its JSON protocol over one WebSocket, with a new connection when one is lost.
// For an application there is @microsoft/signalr, which does much more.

const endOfMessage = "\x1e";
const types = { invocation: 1, completion: 3, ping: 6, close: 7 };
const pingEvery = 10_000;
const silenceLimit = 30_000;
const longestPause = 5_000;

export class Hub {
  #url;
  #handlers = new Map();
  #calls = new Map();
  #lastCall = 0;
  #socket = null;
  #pause = 0;
  #heard = 0;
  #first = Promise.withResolvers();
  #stopped = false;
  #timer = null;

  /** Called with true after each connect, and with false after each loss. */
  onchange = () => {};

  constructor(path) {
    this.#url = new URL(path, location.href.replace(/^http/, "ws"));
  }

  get connected() {
    return this.#socket !== null;
  }

  /** Says what happens when the server calls a method. */
  on(method, handler) {
    this.#handlers.set(method, handler);
  }

  /** Connects, and again whenever the connection is lost; the result comes when it is there for the first time. */
  start() {
    this.#timer = setInterval(() => this.#keepAlive(), pingEvery);
    this.#connect();
    return this.#first.promise;
  }

  /** Ends it for good. */
  stop() {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#socket?.close();
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    let greeted = false;
    socket.onopen = () => {
      this.#heard = Date.now();
      socket.send(JSON.stringify({ protocol: "json", version: 1 }) + endOfMessage);
    };
    socket.onmessage = ({ data }) => {
      this.#heard = Date.now();
      for (const text of data.split(endOfMessage).filter(Boolean)) {
        const message = JSON.parse(text);
        if (greeted) {
          this.#receive(message);
        } else if (message.error) {
          socket.close();
        } else {
          greeted = true;
          this.#socket = socket;
          this.#pause = 0;
          this.#first.resolve();
          this.onchange(true);
        }
      }
    };
    socket.onclose = () => {
      const wasConnected = this.#socket === socket;
      if (wasConnected) {
        this.#socket = null;
        for (const call of this.#calls.values()) {
          call.reject(new Error("The connection was lost."));
        }
        this.#calls.clear();
        this.onchange(false);
      }
      if (this.#stopped) {
        return;
      }
      setTimeout(() => this.#connect(), this.#pause);
      this.#pause = Math.min(longestPause, 2 * this.#pause + 100 + 200 * Math.random());
    };
  }

  /** Calls a method of the hub. The result comes when what it does holds in the whole cluster. */
  call(method, ...args) {
    return new Promise((resolve, reject) => {
      if (!this.#socket) {
        reject(new Error("There is no connection."));
        return;
      }
      const invocationId = String(++this.#lastCall);
      this.#calls.set(invocationId, { resolve, reject });
      this.#send({ type: types.invocation, invocationId, target: method, arguments: args });
    });
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message) + endOfMessage);
  }

  #receive(message) {
    switch (message.type) {
      case types.invocation:
        this.#handlers.get(message.target)?.(...message.arguments);
        break;
      case types.completion: {
        const call = this.#calls.get(message.invocationId);
        this.#calls.delete(message.invocationId);
        if (message.error) {
          call?.reject(new Error(message.error));
        } else {
          call?.resolve(message.result);
        }
        break;
      }
      case types.close:
        this.#socket.close();
        break;
    }
  }

  #keepAlive() {
    if (!this.#socket) {
      return;
    }
    if (Date.now() - this.#heard > silenceLimit) {
      this.#socket.close();
    } else {
      this.#send({ type: types.ping });
    }
  }
}
