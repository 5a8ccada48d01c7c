// A small client of Socket.IO: its text packets over one WebSocket, with a new connection when one is lost. It is used like the one in hub.js.
// For an application there is socket.io-client, which does much more.

const longestPause = 5_000;

export class Sockets {
  #url;
  #handlers = new Map();
  #calls = new Map();
  #lastCall = 0;
  #socket = null;
  #pause = 0;
  #first = Promise.withResolvers();
  #stopped = false;

  /** Called with true after each connect, and with false after each loss. */
  onchange = () => {};

  constructor(path) {
    this.#url = new URL(`${path}?EIO=4&transport=websocket`, location.href.replace(/^http/, "ws"));
  }

  get connected() {
    return this.#socket !== null;
  }

  /** Says what happens when the server emits an event. */
  on(event, handler) {
    this.#handlers.set(event, handler);
  }

  /** Connects, and again whenever the connection is lost; the result comes when it is there for the first time. */
  start() {
    this.#connect();
    return this.#first.promise;
  }

  /** Ends it for good. */
  stop() {
    this.#stopped = true;
    this.#socket?.close();
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    let silence;
    let silenceLimit;
    socket.onmessage = ({ data }) => {
      clearTimeout(silence);
      if (typeof data === "string") {
        if (data[0] === "0") {
          const { pingInterval, pingTimeout } = JSON.parse(data.slice(1));
          silenceLimit = pingInterval + pingTimeout;
        }
        this.#receive(socket, data);
      }
      silence = setTimeout(() => socket.close(), silenceLimit);
    };
    socket.onclose = () => {
      clearTimeout(silence);
      if (this.#socket === socket) {
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

  /** Emits an event. The result is its acknowledgement, which comes when what it does holds in the whole cluster. */
  call(event, ...args) {
    return new Promise((resolve, reject) => {
      if (!this.#socket) {
        reject(new Error("There is no connection."));
        return;
      }
      const id = String(++this.#lastCall);
      this.#calls.set(id, { resolve, reject });
      this.#socket.send(`42${id}${JSON.stringify([event, ...args])}`);
    });
  }

  /** Types: 0 open, 2 ping, 4 message; and of messages 40 connected, 41 disconnected, 42 event, 43 acknowledgement, 45 event with bytes. */
  #receive(socket, packet) {
    const [, type, id, json] = /^(4?.)(?:\d+-)?(\d*)(.*)$/s.exec(packet);
    switch (type) {
      case "0":
        socket.send("40");
        break;
      case "2":
        socket.send("3");
        break;
      case "40":
        this.#socket = socket;
        this.#pause = 0;
        this.#first.resolve();
        this.onchange(true);
        break;
      case "41":
        socket.close();
        break;
      case "42":
      case "45": {
        const [event, ...args] = JSON.parse(json);
        this.#handlers.get(event)?.(...args);
        break;
      }
      case "43": {
        const call = this.#calls.get(id);
        this.#calls.delete(id);
        const [result] = JSON.parse(json);
        if (result?.error) {
          call?.reject(new Error(result.error));
        } else {
          call?.resolve(result);
        }
        break;
      }
    }
  }
}
