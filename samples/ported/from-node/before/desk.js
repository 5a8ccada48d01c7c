// The main namespace: customers and agents. A ticket is a room.
import { randomUUID } from "node:crypto";
import { authenticate } from "./people.js";

export function serveDesk(io, hours) {
  io.use(authenticate);

  io.on("connection", (socket) => {
    const { name, role } = socket.data;
    socket.join(`person:${name}`);
    if (role === "agent") {
      socket.join("agents");
    }
    socket.emit("welcome", { name, open: hours.open, worker: process.pid });

    socket.on("open", (subject, done) => {
      if (!hours.open) {
        done({ error: "closed" });
        return;
      }
      const id = randomUUID();
      socket.join(`ticket:${id}`);
      io.to("agents").emit("ticket", { id, subject, from: name });
      done({ id });
    });

    socket.on("take", async (id, done) => {
      const room = `ticket:${id}`;
      if (role !== "agent") {
        done({ error: "agents only" });
        return;
      }
      const [customer] = await io.in(room).fetchSockets();
      if (!customer) {
        done({ error: "nobody is there" });
        return;
      }
      socket.join(room);
      socket.to(room).emit("taken", { id, by: name });
      socket.to("agents").emit("gone", id);
      done({ customer: customer.data.name });
    });

    socket.on("say", (id, text, done) => {
      const room = `ticket:${id}`;
      if (!socket.rooms.has(room)) {
        done({ error: "not your ticket" });
        return;
      }
      socket.to(room).emit("said", { id, from: name, text });
      done({});
    });

    socket.on("attach", (id, file, done) => {
      socket.to(`ticket:${id}`).emit("attached", { id, from: name, file });
      done({ size: file.bytes.length });
    });

    socket.on("typing", (id) => socket.volatile.to(`ticket:${id}`).emit("typing", { id, from: name }));

    socket.on("close", async (id, done) => {
      const room = `ticket:${id}`;
      if (role !== "agent" || !socket.rooms.has(room)) {
        done({ error: "not your ticket" });
        return;
      }
      try {
        const answers = await socket.to(room).timeout(5_000).emitWithAck("close?", id);
        if (!answers.every((agrees) => agrees)) {
          done({ closed: false });
          return;
        }
      } catch {
        done({ closed: false }); // somebody did not answer
        return;
      }
      io.in(room).emit("closed", id);
      io.in(room).socketsLeave(room);
      done({ closed: true });
    });

    socket.on("disconnect", (reason) => {
      if (role === "agent") {
        io.to("agents").emit("away", { name, reason });
      }
    });
  });
}
