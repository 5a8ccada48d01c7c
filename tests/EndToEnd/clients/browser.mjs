// Two tabs of a real browser, on the pages of two workers: node browser.mjs CHROMIUM URL URL. What goes wrong is on standard error, with exit code 1.
import { chromium } from "playwright-core";

const [executablePath, ...urls] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic", "--disable-dev-shm-usage"] });
try {
  const tabs = [];
  for (const url of urls) {
    const tab = await browser.newPage();
    tab.on("pageerror", error => fail(`${url}: ${error.message}`));
    tab.on("console", message => message.type() === "error" && fail(`${url}: ${message.text()}`));
    await tab.goto(url);
    await tab.locator("#state.connected").waitFor();
    const client = await tab.textContent("#client");
    check(client === (url.includes("small") ? "a small client of its own" : url.includes("socket.io") ? "socket.io-client" : "@microsoft/signalr"),
        `${url} uses ${client}`);
    await tab.fill("#room", "browsers");
    await tab.click("#join button >> nth=0");
    await tab.locator("#members .me").waitFor();
    tabs.push(tab);
  }
  const [one, other] = tabs;
  const servers = await Promise.all(tabs.map(tab => tab.textContent("#server")));
  check(new Set(servers).size === 2, `both tabs are on ${servers[0]}`);
  for (const [from, to, text] of [[one, other, "<b>hello</b> from one"], [other, one, "hello from the other"]]) {
    await from.fill("#text", text);
    await from.press("#text", "Enter");
    await to.locator("#log li", { hasText: text }).waitFor();
  }
  await one.click("#refresh");
  await one.locator("#members li >> nth=1").waitFor();
  check((await one.locator("#members li").count()) === 2, "more than two are here");
  check((await one.textContent("#error")) === "", "there was an error");
} finally {
  await browser.close();
}

function check(holds, otherwise) {
  if (!holds) {
    fail(otherwise);
  }
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
