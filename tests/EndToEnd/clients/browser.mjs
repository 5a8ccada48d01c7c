// A real browser, for tests of the page. What goes wrong is on standard error, with exit code 1.
import { chromium } from "playwright-core";

/** Runs a test in a browser of its own. open(url, options) opens a tab of it in a context that all tabs share, unless options ask for another one. */
export async function inBrowser(executablePath, test) {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-quic", "--disable-dev-shm-usage"] });
  try {
    const shared = await browser.newContext();
    await test(async (url, { people, ...options } = {}) => {
      const context = Object.keys(options).length === 0 ? shared : await browser.newContext(options);
      const tab = await context.newPage();
      tab.on("pageerror", error => fail(`${url}: ${error.message}`));
      tab.on("console", message => message.type() === "error" && !tab.expectsErrors && fail(`${url}: ${message.text()}`));
      await tab.goto(url);
      await tab.locator(`.person.connected >> nth=${people - 1}`).waitFor();
      return tab;
    });
  } finally {
    await browser.close();
  }
}

export function check(holds, otherwise) {
  if (!holds) {
    fail(typeof otherwise === "function" ? otherwise() : otherwise);
  }
}

export function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

/** The people of a tab, in order. */
export const people = async tab => (await tab.locator(".person").all()).map(view => ({
  view,
  log: view.locator(".log"),
  members: view.locator(".members li"),
  error: view.locator(".error"),
  worker: async () => (await view.locator(".worker").textContent()).replace("on ", ""),
  protocol: () => view.locator(".protocol").textContent(),
  client: () => view.locator(".client").textContent(),
  async isCalled(name) {
    await view.getByLabel("Nickname").fill(name);
    await view.getByRole("button", { name: "Change" }).click();
  },
  async say(text) {
    await view.getByLabel("Message").fill(text);
    await view.getByLabel("Message").press("Enter");
  },
  hears: (text, how) => view.locator(".log p", { hasText: text }).filter(how ? { hasText: how } : {}).first().waitFor(),
  sees: text => view.locator(".members li", { hasText: text }).first().waitFor(),
}));
