#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace apps::fuse {

/// Who has made something, and where: "" if that is not known or is no limit. What is made at one
/// place counts together, whatever the makers call themselves.
struct Maker {
    std::string user;
    std::string place = {};
};

/// How much everybody has made of what is bounded in sum, and what goes when it is too much: of the
/// place that has the most, there of the user who has the most, what is worth least, and of that
/// the oldest. Each step takes logarithmic time, since anybody may bring it about. A value.
class Shares {
public:
    struct Item {
        Maker maker;
        std::size_t size = 1;   ///< never 0
        bool may_go = true;     ///< or is in use
        std::size_t worth = 0;  ///< the least goes first
        std::int64_t time = 0;  ///< then the oldest
    };

    /// Adds it, or says anew what it is.
    void put(std::string const& id, Item item);
    void erase(std::string const& id);

    std::size_t total() const { return total_; }
    /// Of all that is made where this one is.
    std::size_t of_place(Maker const& maker) const;

    /// What goes for something that `maker` makes; nothing if all is in use, or if it would be at
    /// the cost of one who has less.
    std::optional<std::string> first_to_go(Maker const& maker) const;
    /// The same among what is made at the place of `maker`.
    std::optional<std::string> first_to_go_there(Maker const& maker) const;

private:
    using Ranking = std::set<std::pair<std::size_t, std::string>>;  // by size: the last has most
    struct Owner {
        std::size_t size = 0;
        std::set<std::tuple<std::size_t, std::int64_t, std::string>> may_go;  // worth, time, id
    };
    struct Place {
        std::size_t size = 0;
        std::map<std::string, Owner> owners;
        Ranking ranking;  // of owners who have something that may go
    };

    static std::string const& place_of(Maker const& maker);
    void count(std::string const& id, Item const& item, bool in);

    std::unordered_map<std::string, Item> items_;
    std::map<std::string, Place> places_;
    Ranking ranking_;  // of places that have something that may go
    std::size_t total_ = 0;
};

}  // namespace apps::fuse
