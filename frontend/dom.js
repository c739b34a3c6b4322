/** Making elements. What is not known to be ours goes in as text, never as markup. */

/** `<tag class>` with text. */
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
