"""Pictures people bring: taken in, made anew without what came along, and kept outside the static tree."""
