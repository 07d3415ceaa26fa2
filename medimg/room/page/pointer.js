// The mouse on the image: drag for the window, middle or Shift to move, right to zoom, wheel through the slices.

const SLICE_PX = 60; // of the wheel, for one slice

export function listen(stage) {
  const root = stage.box;
  let drag = null, rolled = 0;

  root.addEventListener("pointerdown", (event) => {
    if (!stage.token) return;
    const what = event.button === 1 || (event.button === 0 && event.shiftKey) ? "pan" : event.button === 2 ? "zoom" : "window";
    const pane = stage.panes.find((one) => one.box.contains(event.target));
    if (pane && pane.name !== stage.name) { stage.name = pane.name; stage.draw(); }
    drag = { what, x: event.clientX, y: event.clientY };
    root.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  root.addEventListener("pointermove", (event) => {
    if (!stage.token || !stage.active) return;
    if (drag) {
      const x = event.clientX - drag.x, y = event.clientY - drag.y;
      if (drag.what === "window") stage.change_window(x / 300, y / 500);
      else if (drag.what === "pan") stage.pan(x, y);
      else stage.zoom(Math.exp(-y / 200));
      Object.assign(drag, { x: event.clientX, y: event.clientY });
    }
    const pane = stage.panes.find((one) => one.box.contains(document.elementFromPoint(event.clientX, event.clientY))) || stage.active;
    stage.marks.under = pane.at(event.clientX, event.clientY, stage.view);
    stage.marks.draw();
  });
  for (const end of ["pointerup", "pointercancel"]) root.addEventListener(end, () => { drag = null; });
  root.addEventListener("pointerleave", () => { stage.marks.under = null; });
  root.addEventListener("contextmenu", (event) => event.preventDefault());
  root.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (!stage.token) return;
    if (event.ctrlKey) {
      const box = (stage.active || stage.panes[0]).box.getBoundingClientRect();
      stage.zoom(Math.exp(-event.deltaY / 300), event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
      return;
    }
    rolled += event.deltaMode ? event.deltaY * 30 : event.deltaY;
    while (Math.abs(rolled) >= SLICE_PX) { stage.step(rolled > 0 ? -1 : 1); rolled -= Math.sign(rolled) * SLICE_PX; }
  }, { passive: false });
}
