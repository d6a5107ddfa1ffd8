// Package fault holds the places where the soak program makes the bot die or
// misbehave on purpose. In every ordinary build nothing of it is left: Here is
// an empty function and Planted is false. Only the build tag "soak" turns it
// on, and only a variable of the environment says what happens.
package fault
