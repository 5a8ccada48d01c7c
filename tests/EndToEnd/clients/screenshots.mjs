// Takes the pictures of the documents from a run of two workers: node screenshots.mjs CHROMIUM FOLDER ADMIN-PAGE PASSWORD METRICS DASHBOARD
import path from "node:path";
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { io } from "socket.io-client";
import { chromium } from "playwright-core";

const [executablePath, folder, page, password, metrics, dashboard] = process.argv.slice(2);
const server = new URL(page).origin;
const worker = number => `http://127.0.0.1:${Number(new URL(server).port) + number}`;

// People of both kinds on both workers, who say something now and then.
const sockets = [];
for (const number of [1, 2, 2]) {
  const socket = io(worker(number), { transports: [number === 1 ? "polling" : "websocket"], forceNew: true });
  await new Promise((connected, failed) => socket.once("connect", connected).once("connect_error", failed));
  await socket.emitWithAck("join", "lobby");
  sockets.push(socket);
}
const hubs = [];
for (const number of [1, 2]) {
  const hub = new HubConnectionBuilder().withUrl(`${worker(number)}/hub`).configureLogging(LogLevel.None).build();
  hub.on("said", () => undefined);
  await hub.start();
  await hub.invoke("join", "lobby");
  hubs.push(hub);
}
const talk = setInterval(() => {
  sockets[0].emit("say", "lobby", "hello from Socket.IO");
  hubs[1].send("say", "lobby", "hello from SignalR");
}, 500);

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic", "--disable-dev-shm-usage"] });
try {
  const tab = await (await browser.newContext({ viewport: { width: 1400, height: 820 } })).newPage();
  tab.setDefaultTimeout(30_000);

  await tab.goto(page);
  await tab.getByLabel("Server URL").fill(server);
  await tab.getByLabel("Username").fill("admin");
  await tab.getByLabel("Password").fill(password);
  await tab.getByRole("button", { name: "Connect" }).click();
  await go("Servers");
  await tab.getByText("worker-2", { exact: true }).first().waitFor();
  await take("admin-servers");
  await go("Sockets");
  await tab.getByText(sockets[2].id, { exact: true }).first().waitFor();
  await tab.getByText(hubs[1].connectionId, { exact: true }).first().waitFor();
  await take("admin-sockets");

  // A text of many lines: from which processes there are on.
  await tab.setViewportSize({ width: 1000, height: 400 });
  await tab.goto(metrics);
  await tab.evaluate(() => {
    const shown = document.querySelector("pre");
    shown.textContent = shown.textContent.slice(shown.textContent.indexOf("# HELP orleansadapter_process_up"));
  });
  await take("metrics");
  await tab.setViewportSize({ width: 1400, height: 820 });

  await tab.goto(dashboard);
  await tab.getByText("Grains", { exact: true }).first().click();
  await tab.getByText("HomeGrain").first().waitFor();
  await take("orleans-dashboard");

  async function go(view) {
    await tab.getByRole("link", { name: view, exact: true }).or(tab.getByRole("listitem").filter({ hasText: view })).first().click();
  }

  async function take(name) {
    await tab.screenshot({ path: path.join(folder, `${name}.png`), animations: "disabled" });
  }
} finally {
  clearInterval(talk);
  await browser.close();
  for (const socket of sockets) socket.close();
  for (const hub of hubs) await hub.stop();
}
