// The official clients, to be used like the small ones in hub.js and socketio.js.

const longestPause = 5_000;
const pauseAfter = attempts => Math.min(longestPause, 100 * 2 ** attempts) * (0.5 + Math.random());
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

/** @microsoft/signalr */
export class OfficialHub {
  #url;
  #handlers = [];
  #connection = null;

  /** Called with true after each connect, and with false after each loss. */
  onchange = () => {};

  constructor(path) {
    this.#url = new URL(path, location.href).href;
  }

  /** Says what happens when the server calls a method. */
  on(method, handler) {
    this.#handlers.push([method, handler]);
  }

  /** Connects, and again whenever the connection is lost. */
  async start() {
    await load("clients/signalr.min.js");
    const { HubConnectionBuilder, LogLevel } = window.signalR;
    const connection = (this.#connection = new HubConnectionBuilder()
      .withUrl(this.#url)
      .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => pauseAfter(previousRetryCount) })
      .configureLogging(LogLevel.None)
      .build());
    this.#handlers.forEach(([method, handler]) => connection.on(method, handler));
    connection.onreconnecting(() => this.onchange(false));
    connection.onreconnected(() => this.onchange(true));
    connection.onclose(() => {
      this.onchange(false);
      this.#connect();
    });
    await this.#connect();
  }

  /** Calls a method of the hub. The result comes when what it does holds in the whole cluster. */
  call(method, ...args) {
    return this.#connection.invoke(method, ...args);
  }

  async #connect() {
    for (let attempts = 0; ; attempts++) {
      try {
        await this.#connection.start();
        this.onchange(true);
        return;
      } catch {
        await pause(pauseAfter(attempts));
      }
    }
  }
}

/** socket.io-client */
export class OfficialSockets {
  #path;
  #handlers = [];
  #socket = null;

  /** Called with true after each connect, and with false after each loss. */
  onchange = () => {};

  constructor(path) {
    this.#path = new URL(path, location.href).pathname;
  }

  /** Says what happens when the server emits an event. */
  on(event, handler) {
    this.#handlers.push([event, handler]);
  }

  /** Connects, and again whenever the connection is lost. */
  async start() {
    const { io } = await import(`${this.#path}socket.io.esm.min.js`);
    const socket = (this.#socket = io({ path: this.#path, reconnectionDelay: 100, reconnectionDelayMax: longestPause }));
    this.#handlers.forEach(([event, handler]) => socket.on(event, handler));
    socket.on("connect", () => this.onchange(true));
    socket.on("disconnect", async reason => {
      this.onchange(false);
      if (reason === "io server disconnect") {
        // The one case in which the client does not come back by itself.
        await pause(pauseAfter(3));
        socket.connect();
      }
    });
  }

  /** Emits an event. The result is its acknowledgement, which comes when what it does holds in the whole cluster. */
  async call(event, ...args) {
    if (!this.#socket?.connected) {
      throw new Error("There is no connection.");
    }
    const result = await this.#socket.emitWithAck(event, ...args);
    if (result?.error) {
      throw new Error(result.error);
    }
    return result;
  }
}

function load(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${url} could not be loaded.`));
    document.head.append(script);
  });
}
