#pragma once

#include "socketio/json_codec.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps::casys {

/// What a die roll has to reach. `chance`: two dice at most the character's chance. `combat`: two
/// dice and the character's skill at least `against`.
struct Test {
    std::string dice;            ///< "chance" or "combat"
    std::optional<int> against;  ///< of combat
    int success = 0;             ///< section
    int failure = 0;             ///< section
    std::optional<int> wound;    ///< endurance that failure costs
    SIO_JSON(Test, dice, against, success, failure, wound)
};

/// One way out of a section: straight `to` another, or by a test. Shown only to a character that
/// carries all of `needs`.
struct Choice {
    std::string text;
    std::optional<int> to;
    std::optional<std::vector<std::string>> needs;
    std::optional<Test> test;
    SIO_JSON(Choice, text, to, needs, test)
};

/// One page of the book; without choices the adventure ends here.
struct Section {
    int number = 0;
    std::string content;                            ///< simple HTML
    std::optional<std::vector<std::string>> gives;  ///< items
    std::optional<int> gold;
    std::vector<Choice> choices;
    SIO_JSON(Section, number, content, gives, gold, choices)
};

/// Who plays, before anything has happened.
struct Character {
    std::string name;
    int endurance = 0;
    int chance = 0;
    int skill = 0;
    std::vector<std::string> items;
    int capacity = 0;
    int gold = 0;
    SIO_JSON(Character, name, endurance, chance, skill, items, capacity, gold)
};

/// A story book: sections joined by choices, beginning at section 1. What is read is complete and
/// comes to an end on every way: targets exist, choices of a section differ, no section comes twice
/// on one way, and every section can be reached. A value, fixed once read; any thread.
class Story {
public:
    static constexpr int first_section = 1;

    /// Throws std::runtime_error that says what is wrong with which section.
    static Story parse(std::string_view json);
    /// The same of a file; the text names it.
    static Story read(std::string const& path);

    std::string const& title() const { return title_; }
    Character const& character() const { return character_; }
    Section const* find(int number) const;
    std::size_t size() const { return sections_.size(); }
    /// Choices on the longest way through the book.
    int longest_way() const { return longest_way_; }

private:
    void check() const;
    int way_from(Section const& section, std::map<int, int>& known) const;

    std::string title_;
    Character character_;
    std::map<int, Section> sections_;
    int longest_way_ = 0;
};

/// Where a choice may lead, in any case.
std::vector<int> targets(Choice const& choice);

}  // namespace apps::casys
