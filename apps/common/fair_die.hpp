#pragma once

namespace apps::common {

/// A number from 1 to `sides`, each as likely as the others, from the operating system's
/// randomness. Any thread.
int fair_die(int sides);

}  // namespace apps::common
