"""Questions of the audience in a session: asked, supported, moderated, sent to the presenter, answered."""
