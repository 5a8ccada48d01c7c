// The reference: Socket.IO in a cluster, set up as its documentation says (https://socket.io/docs/v4/cluster-adapter/).
//   node server.js PORT WORKERS
// The primary and each worker say "ready" when they are.
const cluster = require("cluster");
const http = require("http");
const { Server } = require("socket.io");
const { setupMaster, setupWorker } = require("@socket.io/sticky");
const { createAdapter, setupPrimary } = require("@socket.io/cluster-adapter");

const [port, workers] = process.argv.slice(2).map(Number);

if (cluster.isPrimary) {
  const httpServer = http.createServer();
  setupMaster(httpServer, { loadBalancingMethod: "least-connection" });
  setupPrimary();
  cluster.setupPrimary({ serialization: "advanced" });
  httpServer.listen(port, "127.0.0.1", () => console.log("ready"));
  for (let i = 0; i < workers; i++) {
    cluster.fork();
  }
  cluster.on("exit", (worker, code, signal) => {
    console.error(`a worker ended: ${signal ?? code}`);
    process.exit(1);
  });
  process.on("SIGTERM", () => process.exit(0));
  process.stdin.on("end", () => process.exit(0)).resume();
} else {
  const httpServer = http.createServer();
  const io = new Server(httpServer);
  io.adapter(createAdapter());
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
