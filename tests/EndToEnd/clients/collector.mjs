// Takes what processes export by OTLP over HTTP, and says which of the named ones have sent what: node collector.mjs NAME… First it says its port.
import http from "node:http";

const names = process.argv.slice(2);
const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  for (const name of names.filter(name => body.includes(name))) console.log(`${request.url} ${name}`);
  response.writeHead(200, { "Content-Type": "application/x-protobuf" }).end();
});
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
