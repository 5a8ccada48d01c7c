// A support desk: customers open tickets, agents take them, supervisors look after both. node server.js PORT WORKERS
import cluster from "node:cluster";
import http from "node:http";
import { createAdapter, setupPrimary } from "@socket.io/cluster-adapter";
import { setupMaster, setupWorker } from "@socket.io/sticky";
import { Server } from "socket.io";
import { serveDesk } from "./desk.js";
import { serveSupervisors } from "./supervisors.js";

const [port, workers] = process.argv.slice(2).map(Number);

if (cluster.isPrimary) {
  const httpServer = http.createServer();
  setupMaster(httpServer, { loadBalancingMethod: "least-connection" });
  setupPrimary();
  cluster.setupPrimary({ serialization: "advanced" }); // bytes go between workers
  httpServer.listen(port, "127.0.0.1");
  for (let i = 0; i < workers; i++) {
    cluster.fork();
  }
  cluster.on("exit", () => cluster.fork());
} else {
  const httpServer = http.createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ worker: process.pid, clients: io.engine.clientsCount }));
  });
  const io = new Server(httpServer, { pingInterval: 10_000, maxHttpBufferSize: 2_000_000 });
  io.adapter(createAdapter());
  setupWorker(io);
  const hours = { open: true }; // each worker has a copy
  serveDesk(io, hours);
  serveSupervisors(io, hours);
  console.log(`worker ${process.pid} is ready`);
}
