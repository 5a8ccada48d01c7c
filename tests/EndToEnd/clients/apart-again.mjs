// The demonstration with two workers, one of which is killed: node apart-again.mjs CHROMIUM URL.
import { check, inBrowser, people } from "./browser.mjs";

const [executablePath, url] = process.argv.slice(2);

await inBrowser(executablePath, async open => {
  const tab = await open(url, { people: 2 });
  tab.expectsErrors = true;
  const [ada, ben] = await people(tab);
  await ada.isCalled("Ada");
  await ben.isCalled("Ben");
  const [stays, victim] = [await ada.worker(), await ben.worker()];
  check(stays !== victim, "both people are on one worker");

  await tab.getByRole("button", { name: `Kill ${victim}` }).click();

  // Ben is with Ada, and when his worker is there again he goes back to it; she stays. Where that is there before he comes, he goes to it at once.
  await ben.hears(`Back on ${victim}`);
  const wasWithAda = (await ben.log.locator("p", { hasText: `Back on ${stays}` }).count()) > 0;
  if (wasWithAda) {
    await ben.hears(`Leaves ${stays}, so that this page has people on several workers again.`);
    await tab.locator("#happened p", { hasText: `goes from ${stays} to ${victim}` }).waitFor();
  }
  check((await ada.worker()) === stays && (await ben.worker()) === victim, "the two people are not on two workers again");
  check((await ada.log.locator("p", { hasText: "was lost" }).count()) === 0, "who was not on the dead worker lost a connection");
  await ada.say("across again");
  await ben.hears("across again", new RegExp(`${stays} → ${victim}`));

  // Each is there once, as who they are.
  await ada.sees(`Ben ${victim}, Socket.IO`);
  await tab.waitForFunction(() => [...document.querySelectorAll(".person .members")].every(members => members.children.length === 2));
});
