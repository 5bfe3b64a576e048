# SPDX-License-Identifier: Apache-2.0
# Tests of the trainer.
ms_add_test(task unit test_task.c ${PROJECT_SOURCE_DIR}/trainer/tasks/mt19937.c)
ms_add_test(experiment unit test_experiment.c)
ms_add_test(package unit test_package.c)
