// The demonstration, as somebody sees it who opens the front's address in two tabs, with recovery on: node demonstration.mjs CHROMIUM URL.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { check, inBrowser, people } from "./browser.mjs";

const [executablePath, url] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const nasty = "<img src=x onerror=alert(1)>";

await inBrowser(executablePath, async open => {
  // The first look already crosses processes: the two people of a tab are on two workers.
  const tab = await open(url, { people: 2 });
  const [ada, ben] = await people(tab);
  check((await ada.protocol()) === "SignalR" && (await ben.protocol()) === "Socket.IO", "the two people do not speak SignalR and Socket.IO");
  check((await ada.worker()) !== (await ben.worker()), "both people of the first tab are on one worker");

  // A second tab: four people, who all see each other with worker and protocol, and hear each other with the way and the time that it took.
  const second = await open(url, { people: 2 });
  const [cleo, dan] = await people(second);
  check((await cleo.worker()) !== (await dan.worker()), "both people of the second tab are on one worker");
  const all = [["Ada", ada], ["Ben", ben], [nasty, cleo], ["Dan", dan]];
  for (const [name, person] of all) {
    await person.isCalled(name);
  }
  for (const [name, person] of all) {
    const place = `${name} ${await person.worker()}, ${await person.protocol()}`;
    for (const [, other] of all) {
      await other.sees(place);
    }
  }
  for (const [name, person] of all) {
    const text = `hello from ${name} ${nasty}`;
    await person.say(text);
    for (const [, other] of all) {
      const [from, to] = [await person.worker(), await other.worker()];
      await other.hears(text, new RegExp(`${from === to ? `by ${from}` : `${from} → ${to}`} · \\d+\\.\\d ms$`));
    }
  }
  check((await tab.locator("img").count()) + (await second.locator("img").count()) === 0, "what people typed became HTML");

  // Bounds: a name that is too long, and a flood. Both are told, and nothing else happens.
  await ada.view.getByLabel("Nickname").evaluate(input => input.removeAttribute("maxlength"));
  await ada.isCalled("x".repeat(41));
  await ada.error.filter({ hasText: "1 to 40 characters" }).waitFor();
  await ada.view.locator(".say").evaluate(form => {
    for (let i = 0; i < 300; i++) {
      form.elements.text.value = `flood ${i}`;
      form.requestSubmit();
    }
  });
  await ada.error.filter({ hasText: "too much at once" }).waitFor();
  await ben.hears("flood 5");

  // For everybody: no violation that axe finds, in light and dark, wide and narrow; and all by the keyboard.
  for (const options of [{ colorScheme: "light" }, { colorScheme: "dark", viewport: { width: 390, height: 844 }, hasTouch: true }]) {
    const other = await open(url, { people: 2, ...options });
    await other.locator("#workers button").first().waitFor();
    await other.evaluate(axe);
    const { violations, passes } = await other.evaluate("axe.run()");
    check(passes.length > 20, "axe had nothing to look at");
    violations.forEach(({ id, nodes }) => check(false, `axe (${options.colorScheme}): ${id}: ${nodes.map(({ html }) => html).join(" ")}`));
    check(await other.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than its window");
    await other.context().close();
  }
  await ben.view.getByLabel("Nickname").focus();
  for (const key of ["Tab", "Tab", "Tab", ..."by keys", "Enter"]) {
    await tab.keyboard.press(key === " " ? "Space" : key);
  }
  await dan.hears("by keys");

  // A worker is killed by a button: who was there comes back elsewhere, nobody else notices, and the worker is started again.
  tab.expectsErrors = second.expectsErrors = true;
  const victim = await ben.worker();
  const stays = (await Promise.all(all.map(async ([, person]) => [person, await person.worker()]))).filter(([, worker]) => worker !== victim);
  await tab.getByRole("button", { name: `Kill ${victim}` }).click();
  await ben.hears(`The connection to ${victim} was lost.`);
  await ada.say("while Ben was away");
  await ben.hears(/Back on worker-\d after \d+\.\d s, recovered/);
  await ben.hears("while Ben was away");
  const back = await ben.log.locator("p", { hasText: "Back on" }).first().textContent();
  check(!back.includes(victim), "a dead worker has a connection");
  const happened = tab.locator("#happened p");
  for (const line of [`killed ${victim}`, `Ben (Socket.IO) lost ${victim}`, "Ben (Socket.IO) is back on worker", `${victim} was started again`]) {
    await happened.filter({ hasText: line }).first().waitFor();
  }
  for (const [person, worker] of stays) {
    check((await person.worker()) === worker, "somebody moved who was not on the dead worker");
    check((await person.log.locator("p", { hasText: "was lost" }).count()) === 0, "somebody lost a connection who was not on the dead worker");
  }
  if (back.includes(await ada.worker())) {
    // The page has him go to the worker that was started again: what he says on the way would be lost.
    await ben.hears("so that this page has people on several workers again");
    await ben.log.locator("p", { hasText: "Back on" }).nth(1).waitFor();
  }
  await ben.say("here I am again");
  for (const [, person] of all) {
    await person.hears("here I am again");
  }
  await second.locator("#workers li:not(.dead)", { hasText: victim }).waitFor();
});
