// Socket.IO's admin UI as somebody uses it in a browser, over three workers: node admin.mjs CHROMIUM PAGE SERVER USERNAME PASSWORD METRICS WORKER1
// WORKER2 WORKER3. And the metrics of all processes, at their address.
import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { io } from "socket.io-client";
import { chromium } from "playwright-core";
import { check, fail } from "./browser.mjs";

const [executablePath, page, server, username, password, metrics, ...workers] = process.argv.slice(2);

// Both kinds of clients, each on a worker of its own.
const socket = io(workers[1], { transports: ["websocket"], reconnection: false });
await new Promise((connected, failed) => socket.once("connect", connected).once("connect_error", failed));
await socket.emitWithAck("join", "before");
const hub = new HubConnectionBuilder().withUrl(`${workers[2]}/hub`).configureLogging(LogLevel.None).build();
await hub.start();

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic", "--disable-dev-shm-usage"] });
try {
  const tab = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
  tab.setDefaultTimeout(30_000);
  tab.on("pageerror", error => fail(`page: ${error.message}`));
  tab.on("console", message => message.type() === "error" && fail(`page: ${message.text()}`));
  tab.on("request", request => new URL(request.url()).origin === new URL(page).origin || fail(`the page asks for ${request.url()}`));
  await tab.goto(page);

  // A wrong password is told; the right one lets in.
  const logIn = async secret => {
    await tab.getByLabel("Server URL").fill(server);
    await tab.getByLabel("Username").fill(username);
    await tab.getByLabel("Password").fill(secret);
    await tab.getByRole("button", { name: "Connect" }).click();
  };
  await logIn("wrong");
  await tab.getByText("Invalid credentials").waitFor();
  await new Promise(over => setTimeout(over, 1100)); // a wrong password costs a second
  await logIn(password);

  // The servers and the clients of all of them.
  await tab.getByText("Invalid credentials").waitFor({ state: "hidden" });
  for (const name of ["worker-1", "worker-2", "worker-3"]) {
    await go("Servers", name);
  }
  await go("Sockets", socket.id);
  await go("Sockets", hub.connectionId);

  // A socket with its rooms; it is made to join and to leave.
  await tab.getByRole("cell", { name: socket.id }).click();
  await tab.getByRole("cell", { name: "before", exact: true }).waitFor();
  await tab.getByLabel("Join a room").fill("vip");
  await tab.getByLabel("Join a room").press("Enter");
  await tab.getByRole("button").filter({ has: tab.locator(".mdi-tag-plus-outline") }).click();
  const vip = tab.getByRole("row").filter({ has: tab.getByRole("cell", { name: "vip", exact: true }) });
  await vip.waitFor();
  check((await socket.emitWithAck("who", "vip")).includes(socket.id), "the socket did not join");
  await vip.getByRole("button").click(); // which shows the room as well
  await go("Sockets", socket.id);
  await tab.getByRole("cell", { name: socket.id }).click();
  await tab.getByRole("cell", { name: "before", exact: true }).waitFor();
  await vip.waitFor({ state: "detached" });
  check((await socket.emitWithAck("who", "vip")).length === 0, "the socket did not leave");

  // Both kinds of clients are disconnected by a button.
  await disconnect(socket.id, new Promise(gone => socket.once("disconnect", reason => gone(reason === "io server disconnect"))));
  await disconnect(hub.connectionId, new Promise(gone => hub.onclose(() => gone(true))));

  // Who loads the page again is still logged in.
  await tab.reload();
  await go("Servers", "worker-1");
  check((await tab.getByLabel("Password").count()) === 0 || !(await tab.getByLabel("Password").isVisible()), "the session was forgotten");

  // Fetched again while a process does not answer in time.
  const figures = await tab.context().newPage();
  const until = Date.now() + 30_000;
  let shown, missing;
  do {
    await figures.goto(metrics);
    shown = await figures.locator("body").textContent();
    missing = ["primary", "directory", "worker-1", "worker-2", "worker-3"].filter(
      name => !shown.includes(`orleansadapter_process_up{process="${name}"} 1\n`));
  } while (missing.length > 0 && Date.now() < until);
  check(missing.length === 0, () => `the metrics are without ${missing.join(", ")}:\n${shown}`);

  async function go(view, text) {
    await tab.getByRole("link", { name: view, exact: true }).or(tab.getByRole("listitem").filter({ hasText: view })).first().click();
    if (text) {
      await tab.getByText(text, { exact: true }).first().waitFor();
    }
  }

  async function disconnect(id, gone) {
    await go("Sockets", id);
    const cell = tab.getByRole("cell", { name: id });
    await tab.getByRole("row").filter({ has: cell }).getByRole("button").click(); // which shows the socket as well
    check(await gone, `${id} was disconnected otherwise`);
    await go("Sockets");
    await cell.first().waitFor({ state: "detached" });
  }
} finally {
  await browser.close();
  socket.close();
  await hub.stop();
}
