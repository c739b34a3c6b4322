/** In the sandbox: a choice of scripted people, and of the telephone in this browser. */

import { sandboxPeople } from "./api.js";
import { element } from "./dom.js";

/** The sandbox's own telephone page answers at this number. */
const THIS_BROWSERS_TELEPHONE = "+12025550100";

function isThisBrowsers(person) {
  return person?.number === THIS_BROWSERS_TELEPHONE;
}

/** Fills the choice; picking somebody fills in number and name. */
export async function offerPeople(select, form) {
  const hint = document.getElementById("who-answers-hint");
  let people;
  try {
    people = await sandboxPeople();
  } catch {
    select.replaceChildren(element("option", "", "Any number"));
    hint.textContent = "The sandbox cannot be reached, so its people are not listed here.";
    return;
  }
  select.replaceChildren(element("option", "", "Choose…"));
  select.options[0].value = "";
  for (const person of people) {
    const option = element("option", "", person.name);
    option.value = person.number;
    select.append(option);
  }
  select.disabled = false;
  select.addEventListener("change", () => choose(people.find(({ number }) => number === select.value)));
  form.elements.to.addEventListener("input", () => {
    if (form.elements.to.value.trim() !== select.value) describe(null);
  });

  function choose(person) {
    form.elements.to.value = person?.number ?? "";
    form.elements.person_name.value = person && !isThisBrowsers(person) ? person.name : "";
    form.elements.to.dispatchEvent(new Event("input"));
    describe(person ?? null);
  }

  function describe(person) {
    select.value = person?.number ?? "";
    hint.textContent = person?.description ?? "";
    document.getElementById("telephone-link").hidden = !isThisBrowsers(person);
  }
}
