# Makes the `//` block after `#pragma once` the documentation of the file; indented lines of it are code.
1,/^$/ {
  s|^#pragma once$|&\n/// \\file|
  s|^//$|///|
  s|^// |/// |
  /^\/\/\/ [^ ]/s/<\([a-z]\{1,\}\)>/\\<\1>/g
}
