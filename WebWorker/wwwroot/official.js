// The official clients, to be used like the small ones in hub.js and socketio.js. Both begin with a WebSocket, which is a connection of its own, so that a
// primary gives it to any worker: what the browser asks for otherwise goes over connections that all of its tabs share, and so to one worker.

const longestPause = 5_000;
const pauseAfter = attempts => Math.min(longestPause, 100 * 2 ** attempts) * (0.5 + Math.random());
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

/** @microsoft/signalr */
export class OfficialHub {
  #url;
  #handlers = [];
  #connection = null;
  #first = Promise.withResolvers();
  #stopped = false;

  /** Called with true after each connect, and with false after each loss. */
  onchange = () => {};

  constructor(path) {
    this.#url = new URL(path, location.href).href;
  }

  get connected() {
    return this.#connection?.state === "Connected";
  }

  /** Says what happens when the server calls a method. */
  on(method, handler) {
    this.#handlers.push([method, handler]);
  }

  /** Connects, and again whenever the connection is lost; the result comes when it is there for the first time. */
  async start() {
    await load("clients/signalr.min.js");
    this.#connect();
    return this.#first.promise;
  }

  /** Ends it for good. */
  stop() {
    this.#stopped = true;
    this.#connection?.stop();
  }

  /** Calls a method of the hub. The result comes when what it does holds in the whole cluster. */
  call(method, ...args) {
    return this.#connection.invoke(method, ...args);
  }

  /** Tries in turn: a WebSocket at once, and what the server and the network allow. */
  async #connect() {
    for (let attempts = 0; !this.#stopped; attempts++) {
      const connection = this.#build(attempts % 2 === 0);
      try {
        await connection.start();
      } catch {
        await pause(pauseAfter(attempts));
        continue;
      }
      this.#connection = connection;
      this.#first.resolve();
      this.onchange(true);
      return;
    }
  }

  #build(atOnce) {
    const { HubConnectionBuilder, HttpTransportType, LogLevel } = window.signalR;
    const connection = new HubConnectionBuilder()
      .withUrl(this.#url, atOnce ? { skipNegotiation: true, transport: HttpTransportType.WebSockets } : {})
      .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => pauseAfter(previousRetryCount) })
      .configureLogging(LogLevel.None)
      .build();
    this.#handlers.forEach(([method, handler]) => connection.on(method, handler));
    connection.onreconnecting(() => this.onchange(false));
    connection.onreconnected(() => this.onchange(true));
    connection.onclose(() => {
      if (!this.#stopped) {
        this.onchange(false);
        this.#connect();
      }
    });
    return connection;
  }
}

/** socket.io-client */
export class OfficialSockets {
  #path;
  #handlers = [];
  #socket = null;

  /** Called with true after each connect, and whether the session was recovered; and with false after each loss. */
  onchange = () => {};

  constructor(path) {
    this.#path = new URL(path, location.href).pathname;
  }

  get connected() {
    return this.#socket?.connected === true;
  }

  /** Says what happens when the server emits an event. */
  on(event, handler) {
    this.#handlers.push([event, handler]);
  }

  /** Connects, and again whenever the connection is lost; the result comes when it is there for the first time. */
  async start() {
    const { io } = await import(`${this.#path}socket.io.esm.min.js`);
    const socket = (this.#socket = io({
      path: this.#path,
      forceNew: true,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: longestPause,
    }));
    this.#handlers.forEach(([event, handler]) => socket.on(event, handler));
    socket.on("connect", () => this.onchange(true, socket.recovered));
    socket.on("disconnect", async reason => {
      this.onchange(false);
      if (reason === "io server disconnect") {
        // The one case in which the client does not come back by itself.
        await pause(pauseAfter(3));
        socket.connect();
      }
    });
    await new Promise(resolve => socket.once("connect", resolve));
  }

  /** Ends it for good. */
  stop() {
    this.#socket?.close();
  }

  /** Emits an event. The result is its acknowledgement, which comes when what it does holds in the whole cluster. */
  async call(event, ...args) {
    if (!this.connected) {
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
