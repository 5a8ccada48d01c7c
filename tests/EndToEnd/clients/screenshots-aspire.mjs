// Takes the picture of a trace in Aspire's dashboard, of a run of two workers: node screenshots-aspire.mjs CHROMIUM FOLDER FRONT DASHBOARD
import path from "node:path";
import { io } from "socket.io-client";
import { chromium } from "playwright-core";

const [executablePath, folder, front, dashboard] = process.argv.slice(2);
const pause = () => new Promise(over => setTimeout(over, 500));

const sockets = [1, 2].map(number => io(`http://127.0.0.1:${Number(new URL(front).port) + number}`, { transports: ["websocket"], forceNew: true }));
for (const socket of sockets) {
  if (!socket.connected) await new Promise(connected => socket.once("connect", connected)); // it tries until they run
  await socket.emitWithAck("join", "lobby");
}

// A question that both workers answer, once the dashboard has all of its trace.
let trace;
while (!trace) {
  await sockets[0].emitWithAck("fetch", "lobby");
  await pause();
  const { data } = await (await fetch(`${dashboard}/api/telemetry/spans?limit=1000`)).json();
  const spans = data.resourceSpans.flatMap(one => one.scopeSpans).flatMap(one => one.spans);
  trace = Object.entries(byTrace(spans))
    .find(([, parts]) => parts.filter(part => part.name === "answer").length === 2 && parts.length === 5)?.[0];
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic", "--disable-dev-shm-usage"] });
try {
  const tab = await (await browser.newContext({ viewport: { width: 1200, height: 720 } })).newPage();
  tab.setDefaultTimeout(60_000);
  await tab.goto(`${dashboard}/traces/detail/${trace}`);
  await tab.getByText("answer", { exact: true }).nth(1).waitFor();
  // Without the notice that this dashboard asks nobody who they are.
  await tab.screenshot({ path: path.join(folder, "aspire-trace.png"), animations: "disabled", clip: { x: 70, y: 115, width: 1130, height: 245 } });
} finally {
  await browser.close();
  for (const socket of sockets) socket.close();
}

function byTrace(spans) {
  const traces = {};
  for (const span of spans) (traces[span.traceId] ??= []).push(span);
  return traces;
}
