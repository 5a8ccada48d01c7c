// The namespace of supervisors, who steer the whole desk, whatever worker they are on.
import { authenticate } from "./people.js";

export function serveSupervisors(io, hours) {
  io.on("hours", (open, done) => { // from another worker
    hours.open = open;
    done(process.pid);
  });

  const supervisors = io.of("/supervisors");
  supervisors.use(authenticate);
  supervisors.use((socket, next) => {
    if (socket.data.role !== "supervisor") {
      const refusal = new Error("supervisors only");
      refusal.data = { role: socket.data.role };
      next(refusal);
      return;
    }
    next();
  });

  supervisors.on("connection", (socket) => {
    socket.on("hours", async (open, done) => {
      hours.open = open;
      const others = await io.serverSideEmitWithAck("hours", open);
      io.emit("hours", open);
      done({ others: others.length });
    });

    socket.on("who", async (room, done) => {
      const sockets = await io.in(room).fetchSockets();
      done(sockets.map(({ data }) => data.name).sort());
    });

    socket.on("assign", (id, agent, done) => {
      io.in(`person:${agent}`).socketsJoin(`ticket:${id}`);
      io.to(`person:${agent}`).emit("assigned", id);
      done();
    });

    socket.on("ban", (name, done) => {
      io.in(`person:${name}`).disconnectSockets(true);
      done();
    });
  });
}
