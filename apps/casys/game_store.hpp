#pragma once

#include "apps/casys/casys.hpp"
#include "apps/store/store_thread.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace apps::casys {

/// Games in the process's database, and word of when they are. Made before the store starts, loads
/// once; then any thread that has the rules' lock.
class SqliteGameStore final : public GameStore {
public:
    static constexpr int max_feedback = 1000;  ///< the oldest goes

    /// The tables must be there. `store` outlives this.
    explicit SqliteGameStore(store::StoreThread& store) : store_(store) {}

    /// Whom to tell of each change when it is on the disk, in their order and on the database's
    /// thread: the game as it is there, or its id and null if it is gone. Before the store starts.
    using Watcher = std::function<void(std::string const& game_id, Game const* game)>;
    void watch(Watcher watcher) { watcher_ = std::move(watcher); }

    /// Whether changes can be kept, and what happens when they are.
    store::StoreThread& thread() const { return store_; }

    /// Runs `answer` in the order of asking, so when the changes before it were told: at once if
    /// none is on its way to the disk, or if those that are have to wait for it; otherwise on the
    /// database's thread.
    template <class F>
    void in_turn(F answer) {
        if (on_the_way_.use_count() == 1 || !store_.accepts()) {
            answer();
        } else {
            after(std::move(answer));
        }
    }

    /// Only before the store starts. A row that can't be read is left out.
    std::vector<Game> load() override;
    void save(Game const& game) override;
    void require() const override { store_.require(); }
    void remove(std::string const& game_id) override;
    void feedback(std::string const& text, std::int64_t time) override;

private:
    template <class F>
    void after(F work) {
        store_.after([work = std::move(work), holder = on_the_way_] { work(); });
    }

    store::StoreThread& store_;
    Watcher watcher_ = [](auto const&, auto const*) {};
    // Held once more by each change and answer until it is told, or given up with the store.
    std::shared_ptr<void const> const on_the_way_ = std::make_shared<char>();
};

}  // namespace apps::casys
