#include "apps/casys/story.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

namespace apps::casys {

namespace {

struct Book {
    std::string title;
    Character character;
    std::vector<Section> sections;
    SIO_JSON(Book, title, character, sections)
};

[[noreturn]] void complain(Section const& section, std::string const& what) {
    throw std::runtime_error("section " + std::to_string(section.number) + ": " + what);
}

void check_choice(Section const& section, Choice const& choice) {
    if (choice.text.empty()) {
        complain(section, "a choice has no text");
    }
    if (choice.to.has_value() == choice.test.has_value()) {
        complain(section, "\"" + choice.text + "\" needs either \"to\" or \"test\"");
    }
    if (choice.test) {
        auto const& dice = choice.test->dice;
        if (dice != "chance" && dice != "combat") {
            complain(section, "unknown dice \"" + dice + "\"");
        }
        if ((dice == "combat") != choice.test->against.has_value()) {
            complain(section, "\"against\" belongs to combat");
        }
    }
}

}  // namespace

std::vector<int> targets(Choice const& choice) {
    if (choice.test) {
        return {choice.test->success, choice.test->failure};
    }
    return {choice.to.value_or(0)};
}

Story Story::parse(std::string_view text) {
    auto const json = socketio::Json::parse(text);
    Book book;
    if (!json || !socketio::read_value(*json, book)) {
        throw std::runtime_error("not the JSON form of a story");
    }
    Story story;
    story.title_ = std::move(book.title);
    story.character_ = std::move(book.character);
    for (auto& section : book.sections) {
        auto const number = section.number;
        if (!story.sections_.emplace(number, std::move(section)).second) {
            throw std::runtime_error("section " + std::to_string(number) + " is there twice");
        }
    }
    story.check();
    std::map<int, int> known;
    story.longest_way_ = story.way_from(story.sections_.at(first_section), known);
    if (known.size() != story.sections_.size()) {
        throw std::runtime_error("some section can't be reached");
    }
    return story;
}

Story Story::read(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    std::string const text(std::istreambuf_iterator<char>(file), {});
    try {
        if (!file) {
            throw std::runtime_error("can't be read");
        }
        return parse(text);
    } catch (std::runtime_error const& error) {
        throw std::runtime_error("story book " + path + ": " + error.what());
    }
}

Section const* Story::find(int number) const {
    auto const found = sections_.find(number);
    return found == sections_.end() ? nullptr : &found->second;
}

void Story::check() const {
    if (find(first_section) == nullptr) {
        throw std::runtime_error("there is no section 1");
    }
    for (auto const& [number, section] : sections_) {
        if (section.content.empty()) {
            complain(section, "no text");
        }
        std::set<std::string> texts;
        std::set<int> straight;
        for (auto const& choice : section.choices) {
            check_choice(section, choice);
            if (!texts.insert(choice.text).second) {
                complain(section, "two choices with one text");
            }
            if (choice.to && !straight.insert(*choice.to).second) {
                complain(section, "two choices with one target");
            }
            for (auto const target : targets(choice)) {
                if (find(target) == nullptr) {
                    complain(section, "section " + std::to_string(target) + " does not exist");
                }
            }
        }
    }
}

// -1 stands for "on the way": meeting it again would be a circle.
int Story::way_from(Section const& section, std::map<int, int>& known) const {
    auto const [entry, fresh] = known.emplace(section.number, -1);
    if (!fresh) {
        if (entry->second < 0) {
            complain(section, "can be reached twice on one way");
        }
        return entry->second;
    }
    int longest = 0;
    for (auto const& choice : section.choices) {
        for (auto const target : targets(choice)) {
            longest = std::max(longest, 1 + way_from(sections_.at(target), known));
        }
    }
    return known[section.number] = longest;
}

}  // namespace apps::casys
