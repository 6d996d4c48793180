/* menu */
var menu = document.getElementById('menu');
function open() { menu.classList.add('open'); }
menu.addEventListener('click', open);
