// Who is who, by the token that they show. In reality a database knows.
const people = new Map([
  ["token-ada", { name: "Ada", role: "customer" }],
  ["token-ben", { name: "Ben", role: "customer" }],
  ["token-cid", { name: "Cid", role: "agent" }],
  ["token-dot", { name: "Dot", role: "agent" }],
  ["token-eve", { name: "Eve", role: "supervisor" }],
]);

export function authenticate(socket, next) {
  const person = people.get(socket.handshake.auth.token);
  if (!person) {
    next(new Error("who are you?"));
    return;
  }
  Object.assign(socket.data, person);
  next();
}
