// The reference: Socket.IO in a cluster, set up as its documentation says (https://socket.io/docs/v4/cluster-adapter/, …/redis-streams-adapter/,
// …/redis-adapter/#with-redis-sharded-pubsub).
//   node server.js PORT WORKERS [cluster | redis-streams | redis-sharded]
// The primary and each worker say "ready" when they are. With Redis, the primary starts a server of its own on PORT + 19.
const { spawn } = require("child_process");
const cluster = require("cluster");
const http = require("http");
const { Server } = require("socket.io");
const { setupMaster, setupWorker } = require("@socket.io/sticky");
const { createAdapter, setupPrimary } = require("@socket.io/cluster-adapter");

const [port, workers] = process.argv.slice(2, 4).map(Number);
const adapter = process.argv[4] ?? "cluster";
const redisPort = port + 19;

function startRedis() {
  // redis-server does not look at its input; the shell does, and so nothing is left of it however this process ends.
  const command = `redis-server --port ${redisPort} --bind 127.0.0.1 --save '' --appendonly no & read -r _; kill $!`;
  const redis = spawn("sh", ["-c", command], { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve) => redis.stdout.on("data", (text) => text.includes("Ready to accept connections") && resolve()));
}

async function redisClient() {
  const client = require("redis").createClient({ url: `redis://127.0.0.1:${redisPort}` });
  client.on("error", () => process.exit(1)); // it is at its end
  await client.connect();
  return client;
}

async function adapterOf() {
  switch (adapter) {
    case "redis-streams":
      return require("@socket.io/redis-streams-adapter").createAdapter(await redisClient());
    case "redis-sharded":
      return require("@socket.io/redis-adapter").createShardedAdapter(await redisClient(), await redisClient());
    default:
      return createAdapter();
  }
}

async function startPrimary() {
  if (adapter !== "cluster") {
    await startRedis();
  }
  for (let i = 0; i < workers; i++) {
    cluster.fork();
  }
}

if (cluster.isPrimary) {
  const httpServer = http.createServer();
  setupMaster(httpServer, { loadBalancingMethod: "least-connection" });
  if (adapter === "cluster") {
    setupPrimary();
  }
  cluster.setupPrimary({ serialization: "advanced" });
  httpServer.listen(port, "127.0.0.1", () => console.log("ready"));
  startPrimary();
  cluster.on("exit", (worker, code, signal) => {
    console.error(`a worker ended: ${signal ?? code}`);
    process.exit(1);
  });
  process.on("SIGTERM", () => process.exit(0));
  process.stdin.on("end", () => process.exit(0)).resume();
} else {
  startWorker();
}

async function startWorker() {
  const httpServer = http.createServer();
  const io = new Server(httpServer);
  io.adapter(await adapterOf());
  setupWorker(io);
  io.on("connection", (socket) => {
    socket.on("join", (room, ack) => {
      socket.join(room);
      ack();
    });
    socket.on("say", (room, payload) => {
      io.to(room).emit("said", payload);
    });
  });
  console.log("ready");
}
